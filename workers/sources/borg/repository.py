"""One repository of BorgBackup in a store: how it is asked, and what its answers mean. Floor: tools.

The password is a file of mode 0600 that only a child of borg reads; it is never in argv, nor in an environment.
"""

import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.errors import Permanent, Refused, Transient
from workers.ports import Address, Tell
from workers.sources.borg.listing import FORMAT, Listed, Taking
from workers.sources.borg.locks import Lock, host_id, locks, release
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.program import BORG
from workers.sources.borg.words import LOCKED, MISSING, Progress, failure, named, unsound, words
from workers.sources.engine import child, written
from workers.sources.engine.child import Call, Ended, Hear, Read, understood
from workers.sources.engine.home import Held
from workers.sources.engine.name import HearName
from workers.sources.engine.private import private
from workers.sources.engine.program import program
from workers.sources.engine.record import Record

MARK = "canvasback"  # comment of every archive that this source made
GOOD, WARNED, MISSED = 0, 1, -1000  # the last is no status: see `ask`
PATIENCE = 10  # seconds that a lock of somebody else is waited for
_BEFORE = ("BORG_PASSPHRASE", "BORG_NEW_PASSPHRASE")  # would be taken instead of our file
_READS = ("list", "extract", "export-tar")  # commands that BorgBackup lets do without a lock
_PLACE = re.compile(r"the lock (.+)/lock\.exclusive")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a command is run: who hears its output, how far it is, or all that it says beside that; in which folder; who reads its bytes."""

    hear: Hear | None = None
    progress: Progress | None = None
    said: Hear | None = None
    cwd: Path | None = None
    read: Read | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is there, or will be. `password` opens it."""

    options: BorgOptions
    password: SecretStr
    address: Address

    @property
    def name(self) -> str:
        """See Home."""
        return f"store {self.address.store}: the repository {self.address.place}"

    @property
    def place(self) -> str:
        """As borg writes it."""
        return self.address.place

    def ask(self, *argv: str, asked: Asked | None = None, good: Sequence[int] = (GOOD,)) -> Ended:
        """Run one command of borg. A lock that a dead process of ours left is removed, and the command run again.

        Raises the failure that its words mean, naming the store (and the holder of a lock), unless the status is among `good`. None is
        raised for a repository that is missing where MISSED is among them.
        """
        ended = self._once(argv, asked or Asked())
        left = [release(lock, self.options.state) for lock in self._holding(ended)] if named(ended, LOCKED) else []
        if any(left):
            ended = self._once(argv, asked or Asked())
        if ended.status in good or (MISSED in good and named(ended, MISSING)):
            with understood(self.name, ended):
                return ended
        if named(ended, LOCKED):
            raise self._locked(ended)
        raise failure(self.name, ended, argv[0])

    def _holding(self, ended: Ended) -> tuple[Lock, ...]:
        """Who holds it, or the cache whose place is told."""
        said = " ".join(word.text for word in words(ended.said))
        return self.holders(*(Path(place) for place in _PLACE.findall(said)))

    def _locked(self, ended: Ended) -> Transient:
        found = self._holding(ended)
        who = str(found[0]) if found else "a process that has ended meanwhile"
        return Transient(f"{self.name} is locked by {who}; where that is gone for good: borg break-lock")

    def _once(self, argv: Sequence[str], how: Asked) -> Ended:
        if self.address.fault:
            raise (Transient if self.address.passing else Permanent)(self.address.fault)
        if given := [name for name in _BEFORE if name in os.environ]:
            raise Refused(f"{given[0]} is in the worker's environment, where every other process of this user can read it: take it out")
        reads = argv[0] in _READS
        if not reads:
            written.wanted(self.name, self.address)
        command, *rest = argv
        common: list[str | Path] = [
            program(BORG, self.options),
            "--log-json",
            "--lock-wait",
            str(PATIENCE),
            *(["--progress"] if how.progress else []),
            *(["--bypass-lock"] if reads and written.read_only(self.address) else []),
        ]
        with private({"password": self.password.get_secret_value()}) as folder:
            call = Call([*common, command, *rest], self._environment(folder), how.cwd, how.read)
            return child.run(call, self.options.state, how.hear, how.progress.hear if how.progress else how.said)

    def _environment(self, folder: Path) -> dict[str, str]:
        """What the child's environment has other than the worker's: no secret."""
        given = {
            "BORG_PASSCOMMAND": f"cat {folder / 'password'}",
            "BORG_HOST_ID": host_id(self.options.state),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",  # stores are mounted elsewhere now and then; whose it is, the password proves
            "TZ": "UTC",
        }
        return given | ({"BORG_BASE_DIR": str(self.options.cache)} if self.options.cache else {})

    def make(self) -> None:
        """Make it: encrypted and authenticated, its key in it, itself encrypted by the password."""
        Path(self.place).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ask("init", "--encryption", "repokey-blake2", self.place)

    def snapshots(self) -> tuple[Held, ...]:
        """See Home."""
        return self._archives((GOOD, MISSED))

    def _archives(self, good: Sequence[int] = (GOOD,)) -> tuple[Held, ...]:
        ended = self.ask("list", "--json", "--format", "{comment}", self.place, good=good)
        with understood(self.name, ended):
            found = json.loads("\n".join(ended.out))["archives"] if ended.status == GOOD else ()
            return tuple(Held(frozenset({str(each["id"])}), str(each["name"]), each["comment"] == MARK) for each in found)

    def remove(self, names: Sequence[str]) -> None:
        """See Home."""
        if names:
            self.ask("delete", "--", self.place, *names, good=(GOOD, WARNED))  # one that is gone already is a warning
        self.ask("compact", self.place)
        self.sound("--archives-only", "--last", "1")

    def sound(self, *words: str) -> None:
        """Corrupt, naming the store, unless a check of this kind finds nothing."""
        ended = self.ask("check", *words, self.place, good=(GOOD, WARNED))
        if ended.status != GOOD:
            raise unsound(self.name, ended)

    def contents(self, record: Record, read: Read) -> None:
        """See Home. Sockets, which no tar can hold, are a warning."""
        self.ask("export-tar", self._held(record), "-", asked=Asked(read=read), good=(GOOD, WARNED))

    def archive(self, snapshot: str) -> str | None:
        """The name of the archive with this id; None where there is none."""
        return next((each.name for each in self._archives() if snapshot in each.ids), None)

    def extract(self, record: Record, tree: Path, names: Sequence[str], tell: Tell) -> None:
        """See Home. Each piece of a file is proven by its own code while it is read."""
        picked = [f"pp:{Path(record.path).name}/{name}" for name in names]
        argv, progress = ("extract", "--sparse", self._held(record), *picked), Progress(tell)
        ended = self.ask(*argv, asked=Asked(progress=progress, cwd=tree), good=(GOOD, WARNED))
        if ended.status == WARNED:
            odd = [word.text for word in words(ended.said)]
            raise Permanent(f"{self.name}: not everything came back as it was: {' | '.join(odd[:4])}")
        if not names:
            progress.reached(record.size)

    def listed(self, record: Record, hear: HearName) -> None:
        """See Home."""
        lines = Listed(Path(record.path).name, hear)
        self.ask("list", "--json-lines", "--format", FORMAT, self._held(record), asked=Asked(hear=lines.hear))

    def taking(self, path: Path, hear: Callable[[str], None]) -> None:
        """See Home."""
        argv = ("create", "--dry-run", "--list", *self.options.rules, "--", f"{self.place}::{secrets.token_hex(8)}", path.name)
        self.ask(*argv, asked=Asked(said=Taking(path.name, hear).hear, cwd=path.parent), good=(GOOD, WARNED))

    def _held(self, record: Record) -> str:
        """The archive of a record. Permanent where it is not there."""
        archive = self.archive(record.snapshot)
        if archive is None:
            raise Permanent(f"{self.name} does not hold archive {record.snapshot[:12]} of {record.path} any more: it was removed there")
        return f"{self.place}::{archive}"

    def holders(self, *places: Path) -> tuple[Lock, ...]:
        """Who holds it, or a cache of it in one of these places."""
        return tuple(lock for place in (Path(self.place), *places) for lock in locks(place))
