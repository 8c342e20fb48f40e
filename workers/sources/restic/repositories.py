"""The repositories of one target, one in each required store: made alike, filled by copies, proven one by one. Floor: tools."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.errors import Corrupt, Permanent, Refused
from workers.ports import Address, Finding, Share, Tell
from workers.sources.engine import written
from workers.sources.engine.doctor import examine
from workers.sources.engine.home import Taken
from workers.sources.engine.record import Record
from workers.sources.restic import doctor
from workers.sources.restic.dump import take
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.program import RESTIC
from workers.sources.restic.repository import GOOD, MISSING, Asked, Repository, apart, reached


@dataclass(frozen=True, slots=True)
class Repositories:
    """All of them; the first is the one that backups are made into."""

    options: ResticOptions
    password: SecretStr | None
    addresses: tuple[Address, ...]

    @property
    def each(self) -> tuple[Repository, ...]:
        """Each of them. Refused where no password is known, or no store."""
        if self.password is None:
            raise Refused("the secret …_restic_password of this target is missing; without it nobody can read the repository, ever")
        if not self.addresses:
            raise Permanent("this source was not told where its repositories are")
        return tuple(Repository(self.options, self.password, address) for address in self.addresses)

    @property
    def first(self) -> Repository:
        """The one that backups are made into."""
        return self.each[0]

    def of(self, store: str) -> Repository:
        """The one in a store."""
        return next(home for home in self.each if home.address.store == store)

    def fit(self) -> None:
        """Refused or Permanent where a store cannot be used, or where restic could not copy into it; nothing is done yet."""
        written.apart(self.addresses)
        for home in self.each:
            reached(home.address)
            written.wanted(home.name, home.address)
            if fault := apart(self.first.address, home.address):
                raise Refused(fault)

    def take(self, path: Path, tell: Tell) -> Taken:
        """See Homes."""
        return take(self.first, path, tell)

    def drop(self, taken: Taken) -> None:
        """See Homes."""
        self.first.ask("forget", taken.name)

    def examine(self) -> tuple[Finding, ...]:
        """See Homes."""
        return tuple(examine(self.options, RESTIC, lambda: doctor.repositories(self.each)))

    def prove(self, record: Record) -> None:
        """Corrupt unless the first repository is the one of the record, and holds its snapshot with its tree."""
        found = self.first.find(record.snapshot)
        if found is None or found.tree != record.tree or found.paths != (record.path,):
            raise Corrupt(f"{self.first.name} holds no snapshot {record.snapshot[:12]} of {record.path} with tree {record.tree[:12]}")

    def carry(self, snapshot: str) -> None:
        """Copy a snapshot into every other repository; one that has it already gets nothing."""
        for home in self.each[1:]:
            copy = ("copy", snapshot)
            if home.ask(*copy, asked=Asked(self.first), good=(GOOD, MISSING)).status == MISSING:
                home.make(self.first)
                home.ask(*copy, asked=Asked(self.first))

    def audit(self, snapshot: str, store: str, share: Share | None) -> None:
        """Corrupt, naming the store, unless its repository is sound and holds the snapshot as the first one does."""
        each = self.of(store)
        found = each.find(snapshot)
        first = found if each == self.first else self.first.find(snapshot)
        if found is None or first is None or found.tree != first.tree:
            raise Corrupt(f"{each.name} does not hold snapshot {snapshot[:12]} as {self.first.address.store} does")
        each.sound(*((f"--read-data-subset={share.number}/{share.of}",) if share else ()))
