"""The source `restic`: one folder, kept in a repository of restic in each required store. Floor: tools."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from workers.artifact import Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Address, Dump, Finding, Place, Share, Tell
from workers.sources.engine import place, record
from workers.sources.engine.record import snapshot_of
from workers.sources.restic import doctor, restore
from workers.sources.restic.dump import open_dump
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.repositories import Repositories


def _nobody(bytes: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class ResticSource:
    """Reads and restores the folder that `options` name. How many files restic reads at once is its own matter."""

    options: ResticOptions
    password: SecretStr | None = None
    streams: int = 1
    addresses: tuple[Address, ...] = ()
    tell: Tell = _nobody

    @property
    def shares(self) -> int:
        """See RepositorySource."""
        return self.options.shares

    def housed(self, addresses: tuple[Address, ...], tell: Tell) -> "ResticSource":
        """See RepositorySource."""
        return replace(self, addresses=addresses, tell=tell)

    def check(self) -> tuple[Finding, ...]:
        """The folder, the program, and each store's repository: reached, opened, held by whom, room."""
        return doctor.examine(self._homes)

    def size(self) -> int:
        """Bytes of all regular files; 0 where there are very many. What is excluded counts, too."""
        found = place.measure(self.options.path, place.MOST)
        return found.bytes if found.whole else 0

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a backup. Refused for other kinds: each snapshot is whole, and stores only what is new."""
        if kind is not Kind.FULL:
            raise Refused(f"restic has no {kind!s} backups: each is a full one that stores only what is new")
        return open_dump(self._homes, self.tell)

    def prove(self, record_: Path) -> None:
        """See RepositorySource."""
        self._homes.prove(record.read(record_))

    def carry(self, segment: Segment) -> None:
        """See RepositorySource."""
        self._homes.carry(snapshot_of(segment))

    def audit(self, segment: Segment, store: str, share: Share | None) -> None:
        """See RepositorySource."""
        self._homes.audit(snapshot_of(segment), store, share)

    def place(self, into: str) -> Place:
        """What stands in a folder now; its files are counted as rows."""
        return place.look(into)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Prove that the place fits, and make a folder beside it."""
        restore.prepare(order)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Restore the snapshot that the record describes into the folder beside the place."""
        restore.load(self._homes, order, record.read(plain), self.tell)

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Exchange the place."""
        return restore.finish(order)

    @property
    def _homes(self) -> Repositories:
        return Repositories(self.options, self.password, self.addresses)
