"""The repositories of one target, one in each required store: made alike, filled by copies, proven one by one. Floor: tools."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.errors import Corrupt, Permanent, Refused
from workers.ports import Address, Share
from workers.sources.engine.record import Record
from workers.sources.restic.faults import words
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.repository import GOOD, MISSING, Asked, Repository, reached


@dataclass(frozen=True, slots=True)
class Repositories:
    """All of them; the first is the one that backups are made into."""

    options: ResticOptions
    password: SecretStr | None
    addresses: tuple[Address, ...]

    @property
    def all(self) -> tuple[Repository, ...]:
        """Each of them. Refused where no password is known, or no store."""
        if self.password is None:
            raise Refused("the secret …_restic_password of this target is missing; without it nobody can read the repository, ever")
        if not self.addresses:
            raise Permanent("this source was not told where its repositories are")
        return tuple(Repository(self.options, self.password, address) for address in self.addresses)

    @property
    def first(self) -> Repository:
        """The one that backups are made into."""
        return self.all[0]

    def of(self, store: str) -> Repository:
        """The one in a store."""
        return next(each for each in self.all if each.address.store == store)

    def fit(self) -> None:
        """Refused or Permanent where a store cannot be used, or where restic could not copy into it; nothing is done yet."""
        for each in self.all:
            reached(each.address)
            if fault := apart(self.first.address, each.address):
                raise Refused(fault)

    def make(self, wanted: Repository) -> None:
        """Make a repository that is missing; every later one cuts files at the same places as the first, so that copies share data."""
        if wanted.address.kind == "local":
            Path(wanted.address.place).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if wanted.address == self.first.address:
            wanted.ask("init")
        else:
            wanted.ask("init", "--copy-chunker-params", asked=Asked(self.first))

    def prove(self, record: Record) -> None:
        """Corrupt unless the first repository is the one of the record, and holds its snapshot with its tree."""
        found = self.first.find(record.snapshot)
        if found is None or found["tree"] != record.tree or found["paths"] != [record.path]:
            raise Corrupt(f"{self.first.name} holds no snapshot {record.snapshot[:12]} of {record.path} with tree {record.tree[:12]}")

    def carry(self, snapshot: str) -> None:
        """Copy a snapshot into every other repository; one that has it already gets nothing."""
        for each in self.all[1:]:
            copy = ("copy", snapshot)
            if each.ask(*copy, asked=Asked(self.first), good=(GOOD, MISSING)).status == MISSING:
                self.make(each)
                each.ask(*copy, asked=Asked(self.first))

    def audit(self, snapshot: str, store: str, share: Share | None) -> None:
        """Corrupt, naming the store, unless its repository is sound and holds the snapshot as the first one does."""
        each = self.of(store)
        found, first = each.find(snapshot), self.first.find(snapshot)
        if found is None or first is None or found["tree"] != first["tree"]:
            raise Corrupt(f"{each.name} does not hold snapshot {snapshot[:12]} as {self.first.address.store} does")
        ended = each.ask("check", *((f"--read-data-subset={share.number}/{share.of}",) if share else ()), good=(GOOD, 1))
        if ended.status != GOOD:
            raise Corrupt(f'{each.name} is damaged: {" | ".join(words(ended.said)[:3])}; the runbook "repository damaged" says what to do')


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
