"""One repository of restic in a store: how it is asked, and what its answers mean. Floor: tools.

The password, and the keys of an S3 store, are files of mode 0600 that only the child reads; they are never in argv, nor in its environment.
Exit statuses 10, 11 and 12 are restic's own words for a missing repository, a lock and a wrong password (its manual, "Scripting").
"""

import json
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from workers.errors import Corrupt, Permanent, Transient
from workers.ports import Address, Tell
from workers.sources.engine import child, written
from workers.sources.engine.child import Call, Ended, Hear, Read, understood
from workers.sources.engine.home import Held
from workers.sources.engine.name import HearName
from workers.sources.engine.private import private
from workers.sources.engine.program import program
from workers.sources.engine.record import Record
from workers.sources.restic import faults
from workers.sources.restic.listing import Listed, Taking
from workers.sources.restic.locks import Lock, judge
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.program import RESTIC
from workers.sources.restic.progress import Progress
from workers.sources.restic.snapshot import Snapshot

GOOD, INCOMPLETE, MISSING, LOCKED, WRONG = 0, 3, 10, 11, 12
_OWN = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN"  # of the worker; they would come before ours
_ELSEWHERE = ("RESTIC_PASSWORD_COMMAND", "RESTIC_FROM_PASSWORD_COMMAND", "RESTIC_REPOSITORY_FILE", "RESTIC_FROM_REPOSITORY_FILE")

_WITHOUT = "--no-lock"  # what a command has that only reads

T = TypeVar("T")
_SIGNS = re.compile(r"[\\*?\[\]]")  # of patterns; a name that has them is meant letter by letter


def _escaped(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is there, or will be. `password` opens it."""

    options: ResticOptions
    password: SecretStr
    address: Address

    @property
    def url(self) -> str:
        """As restic writes it."""
        return f"s3:{self.address.place}" if self.address.kind == "s3" else self.address.place

    @property
    def name(self) -> str:
        """As people are told."""
        return f"store {self.address.store}: the repository {self.address.place}"

    def ask(self, *words: str, asked: "Asked | None" = None, good: Sequence[int] = (GOOD,)) -> Ended:
        """Run one command of restic. A lock that a dead process of ours left is removed, and the command run again.

        Raises the failure that its status and words mean, naming the store, unless the status is among `good`.
        """
        how = asked or Asked()
        ended = self._once(words, how)
        if ended.status == LOCKED and LOCKED not in good:
            for each in (self, how.beside):
                if each:
                    each.unlock()
            ended = self._once(words, how)
        if ended.status not in good:
            between = f"{self.name}, copied from store {how.beside.address.store}" if how.beside else self.name
            raise faults.failure(between, ended, words[0])
        with understood(self.name, ended):
            return ended

    def _once(self, words: Sequence[str], how: "Asked") -> Ended:
        beside = how.beside
        for each in (self, beside):
            if each:
                reached(each.address)
                if _WITHOUT not in words:
                    written.wanted(each.name, each.address)
        texts = {"password": self.password.get_secret_value()}
        if login := self.login or (beside.login if beside else None):
            key, secret = (part.get_secret_value() for part in login)
            texts["keys"] = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        with private(texts) as folder:
            argv: list[str | Path] = [program(RESTIC, self.options), *self._where(folder, beside), *words]
            return child.run(Call(argv, _environment(folder if login else None), how.cwd, how.read), self.options.state, how.hear)

    @property
    def login(self) -> tuple[SecretStr, SecretStr] | None:
        """Key id and secret of its store."""
        return self.address.login

    def _where(self, folder: Path, beside: "Repository | None") -> list[str]:
        """The options before the command's own words: repositories, password, how the store is reached."""
        given = ["--json", "--repo", self.url, "--password-file", str(folder / "password"), "--compression", self.options.compression]
        if beside:
            given += ["--from-repo", beside.url, "--from-password-file", str(folder / "password")]
        remote = next((each.address for each in (self, beside) if each and each.address.kind == "s3"), None)
        if remote is None:
            return [*given, "--no-cache"]
        given += ["--option", f"s3.bucket-lookup={'path' if remote.addressing == 'path' else 'dns'}"]
        given += ["--option", f"s3.region={remote.region}"] if remote.region else []
        given += ["--cacert", str(remote.ca_file)] if remote.ca_file else []
        if self.address.storage_class not in ("", "STANDARD"):
            given += ["--option", f"s3.storage-class={self.address.storage_class}"]
        return given + (["--cache-dir", str(self.options.cache)] if self.options.cache else [])

    def make(self, like: "Repository | None" = None) -> None:
        """Make it. One that is `like` another cuts files at the same places, so that copies from there share data with what is here."""
        if self.address.kind == "local":
            Path(self.address.place).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ask("init", *(("--copy-chunker-params",) if like else ()), asked=Asked(like))

    def extract(self, record: Record, tree: Path, names: Sequence[str], tell: Tell) -> None:
        """See Home. restic reads every file again after it wrote it."""
        picked = [f"--include=/{_SIGNS.sub(_escaped, Path(record.path).name)}/{_SIGNS.sub(_escaped, name)}" for name in names]
        argv = ("--no-lock", "restore", self._held(record), "--target", str(tree), "--verify", "--sparse", *picked)
        self.ask(*argv, asked=Asked(hear=Progress(tell).hear))

    def contents(self, record: Record, read: Read) -> None:
        """See Home."""
        self.ask("--no-lock", "dump", "--archive", "tar", self._held(record), "/", asked=Asked(read=read))

    def snapshots(self) -> tuple[Held, ...]:
        """See Home."""
        return tuple(Held(each.ids, each.id, each.ours) for each in self._snapshots((GOOD, MISSING)))

    def remove(self, names: Sequence[str]) -> None:
        """See Home."""
        if names:
            self.ask("forget", *names)
        self.ask("prune")
        self.sound()

    def sound(self, *words: str) -> None:
        """Corrupt, naming the store, unless a check finds the repository sound."""
        ended = self.ask("check", *words, good=(GOOD, 1))
        if ended.status != GOOD or faults.counted(ended):
            raise faults.unsound(self.name, ended)

    def listed(self, record: Record, hear: HearName) -> None:
        """See Home. A name that is no UTF-8 is told with signs in the place of its bytes."""
        lines = Listed(Path(record.path).name, hear)
        self.ask("--no-lock", "ls", self._held(record), asked=Asked(hear=lines.hear))

    def taking(self, path: Path, hear: Callable[[str], None]) -> None:
        """See Home."""
        argv = ("--no-lock", "backup", "--dry-run", "--verbose=2", *self.options.rules, "--", path.name)
        self.ask(*argv, asked=Asked(hear=Taking(path.name, hear).hear, cwd=path.parent), good=(GOOD, INCOMPLETE))

    def _held(self, record: Record) -> str:
        """The id that a record's snapshot has here. Corrupt where it is not there as the record says."""
        found = self.find(record.snapshot)
        if found is None or found.tree != record.tree:
            raise Corrupt(f"{self.name} does not hold snapshot {record.snapshot[:12]} of {record.path} any more: it was removed there")
        return found.id

    def _value(self, make: Callable[[Any], T], *words: str, good: Sequence[int] = (GOOD,)) -> T:
        """What is made of the JSON value that a command prints, read without a lock; of None, where it ended otherwise than well."""
        ended = self.ask("--no-lock", *words, good=good)
        with understood(self.name, ended):
            return make(json.loads("\n".join(ended.out)) if ended.status == GOOD else None)

    def _snapshots(self, good: Sequence[int] = (GOOD,)) -> tuple[Snapshot, ...]:
        return self._value(lambda found: tuple(map(Snapshot.of, found or ())), "snapshots", good=good)

    def identity(self) -> str:
        """Its id."""
        return self._value(lambda found: str(found["id"]), "cat", "config")

    def find(self, snapshot: str) -> Snapshot | None:
        """The snapshot of this id, or the copy of it; None where there is none."""
        return next((each for each in self._snapshots() if snapshot in each.ids), None)

    def locks(self) -> tuple[Lock, ...]:
        """Who holds it now; a lock that is taken away meanwhile holds nothing."""
        return tuple(lock for name in self._locks() if (lock := self._lock(name)))

    def _locks(self) -> list[str]:
        return [line.strip('"') for line in self.ask("--no-lock", "list", "locks").out if line]

    def _lock(self, name: str) -> Lock | None:
        try:
            return self._value(lambda found: Lock.of(name, found), "cat", "lock", name)
        except Permanent:
            if name in self._locks():
                raise
            return None

    def unlock(self) -> None:
        """Remove locks that dead processes of ours left. Transient, naming the holder, where anybody else has one; then all stay.

        Each is removed by its name, as no other has it: restic itself leaves those of processes that nobody has waited for.
        """
        found = self.locks()
        ours = [judge(lock, socket.gethostname(), self.options.state) for lock in found]
        strangers = [lock for lock, mark in zip(found, ours, strict=True) if mark is None]
        if strangers:
            raise Transient(f"{self.name} is locked by {strangers[0]}; where that is gone for good: restic unlock")
        for lock, mark in zip(found, ours, strict=True):
            self.address.remove(f"locks/{lock.name}")
            if mark:
                mark.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a command is run: with the repository that it reads `beside` its own, who hears its lines or reads its bytes, in which folder."""

    beside: Repository | None = None
    hear: Hear | None = None
    cwd: Path | None = None
    read: Read | None = None


def reached(address: Address) -> None:
    """Raise what stood against using a store when it was asked: restic itself would try for a quarter of an hour, or make a bucket."""
    if address.fault:
        raise (Transient if address.passing else Permanent)(address.fault)


def apart(first: Address, other: Address) -> str:
    """Why restic could not copy between two stores, "" where it can: one process knows one login, one region, one authority."""
    if "s3" not in (first.kind, other.kind) or first.kind != other.kind:
        return ""
    same = all(getattr(first, word) == getattr(other, word) for word in ("login", "region", "addressing", "ca_file"))
    return (
        ""
        if same
        else (
            f"restic cannot copy from store {first.store} to {other.store}: both are S3, with another login, region, addressing or ca_file;"
            " name a local store first in `required`, from which it copies to any"
        )
    )


def _environment(keys: Path | None) -> dict[str, str]:
    """What the child's environment has other than the worker's: no secret, and nothing that would lead it elsewhere."""
    given = {"RESTIC_PROGRESS_FPS": "2", **dict.fromkeys(_ELSEWHERE, "")}
    if keys:
        given |= {"AWS_SHARED_CREDENTIALS_FILE": str(keys / "keys"), "AWS_PROFILE": "default", **dict.fromkeys(_OWN.split(), "")}
    return given
