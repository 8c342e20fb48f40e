"""The one repository of a target: made, proven, checked; there is no second one to fill. Floor: tools."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.errors import Corrupt, Permanent, Refused, Transient
from workers.ports import Address, Finding, Share, Tell
from workers.sources.borg import doctor
from workers.sources.borg.dump import OWN, take
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.program import BORG
from workers.sources.borg.repository import Repository
from workers.sources.engine import written
from workers.sources.engine.doctor import examine
from workers.sources.engine.home import Taken
from workers.sources.engine.record import Record


@dataclass(frozen=True, slots=True)
class Repositories:
    """The repository, in the one store that the plan requires."""

    options: BorgOptions
    password: SecretStr | None
    addresses: tuple[Address, ...]

    @property
    def each(self) -> tuple[Repository, ...]:
        """See Homes. Refused where there is more than one store, or one that is no folder."""
        if self.password is None:
            raise Refused("the secret …_borg_password of this target is missing; without it nobody can read the repository, ever")
        if not self.addresses:
            raise Permanent("this source was not told where its repository is")
        if [address.kind for address in self.addresses] != ["local"]:
            named = ", ".join(f"{address.store} ({address.kind})" for address in self.addresses)
            raise Refused(
                f"BorgBackup keeps its repository in one local store, the plan requires {named}; restic knows S3, and several stores"
            )
        return (Repository(self.options, self.password, self.addresses[0]),)

    @property
    def first(self) -> Repository:
        """The one that backups are made into."""
        return self.each[0]

    def of(self, store: str) -> Repository:
        """See Homes. There is but one."""
        return self.first

    def examine(self) -> tuple[Finding, ...]:
        """See Homes."""
        return tuple(examine(self.options, BORG, lambda: doctor.repository(self.first)))

    def fit(self) -> None:
        """See Homes."""
        address = self.first.address
        if address.fault:
            raise (Transient if address.passing else Permanent)(address.fault)
        written.wanted(self.first.name, address)

    def take(self, path: Path, tell: Tell) -> Taken:
        """See Homes."""
        return take(self.first, path, tell)

    def drop(self, taken: Taken) -> None:
        """See Homes."""
        self.first.ask("delete", "--", self.first.place, taken.name)

    def prove(self, record: Record) -> None:
        """See Homes. An archive's id is a code over all that it holds, so that one of this id is the one of the record."""
        first = self.first
        if first.archive(record.snapshot) is None:
            raise Corrupt(f"{first.name} holds no archive {record.snapshot[:12]} of {record.path}")

    def carry(self, snapshot: str) -> None:
        """See Homes. There is no other one."""

    def audit(self, snapshot: str, store: str, share: Share | None) -> None:
        """See Homes. The archive itself is checked every time; with the last share, all data are read and their codes compared."""
        first = self.first
        archive = first.archive(snapshot)
        if archive is None:
            raise Corrupt(f"{first.name} does not hold archive {snapshot[:12]}")
        whole = share is not None and share.number == share.of
        first.sound(*(("--verify-data",) if whole else ("--archives-only", "--glob-archives", f"*{archive[-OWN:]}")))
