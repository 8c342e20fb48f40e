"""What the sources of both engines do alike; each says what its repositories are. Floor: tools."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from workers.artifact import Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Address, Difference, Dump, Finding, Found, Place, Share, Tell
from workers.sources.engine import listing, record, restore
from workers.sources.engine.dump import open_dump
from workers.sources.engine.forgetting import forget
from workers.sources.engine.home import Homes
from workers.sources.engine.options import EngineOptions
from workers.sources.engine.record import Record
from workers.sources.engine.site import site
from workers.sources.folders.place import MOST, look, measure, readable


def _record(index: Iterable[tuple[Segment, Path]]) -> Record:
    """The record of a backup, which is its one segment."""
    return record.read(next(iter(index))[1])


def _nobody(done: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class EngineSource:
    """Reads and restores the folder that `options` name. How much of it is read at once is the engine's own matter."""

    options: EngineOptions
    password: SecretStr | None = None
    streams: int = 1
    addresses: tuple[Address, ...] = ()
    tell: Tell = _nobody

    @property
    @abstractmethod
    def homes(self) -> Homes:
        """Its repositories."""

    @property
    def shares(self) -> int:
        """See RepositorySource."""
        return self.options.shares

    def housed(self, addresses: tuple[Address, ...], tell: Tell) -> Self:
        """See RepositorySource."""
        return replace(self, addresses=addresses, tell=tell)

    def check(self) -> tuple[Finding, ...]:
        """The folder, the program, and each store's repository: reached, opened, held by whom, room."""
        return self.homes.examine()

    def size(self) -> int:
        """Bytes of all regular files; 0 where there are very many. What is excluded counts, too."""
        found = measure(self.options.path, MOST)
        return found.bytes if found.whole else 0

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a backup. Refused for other kinds: each snapshot is whole, and stores only what is new."""
        if kind is not Kind.FULL:
            raise Refused(f"a deduplicating engine has no {kind!s} backups: each is a full one that stores only what is new")
        return open_dump(self.homes, self.options, self.tell)

    def held(self, store: str) -> frozenset[str]:
        """See RepositorySource."""
        return frozenset[str]().union(*(each.ids for each in self.homes.of(store).snapshots()))

    def forget(self, gone: frozenset[str], newest: str) -> None:
        """See RepositorySource."""
        for home in self.homes.each:
            forget(home, gone, newest)

    def prove(self, plain: Path) -> None:
        """See RepositorySource."""
        self.homes.prove(record.read(plain))

    def carry(self, segment: Segment) -> None:
        """See RepositorySource."""
        self.homes.carry(record.snapshot_of(segment))

    def audit(self, segment: Segment, store: str, share: Share | None) -> None:
        """See RepositorySource."""
        self.homes.audit(record.snapshot_of(segment), store, share)

    def place(self, into: str) -> Place:
        """What stands in a folder now."""
        return look(into, restore.PROOF)

    def select(self, order: Order, index: Iterable[tuple[Segment, Path]], segments: Sequence[Segment]) -> Order:
        """The same order: the record is all that it needs. Refused where an object names nothing, or the snapshot was removed."""
        found = _record(index)
        if order.objects:
            listing.first_good(self.homes, lambda home: listing.pick(home, found, order))
        elif not listing.holding(self.homes, found):
            raise Refused(f"{order.backup} cannot be restored: no repository holds its snapshot any more; backups() lists the others")
        return order

    def find(self, pattern: str, index: Iterable[tuple[Segment, Path]]) -> Iterator[Found]:
        """The names in a snapshot that match a pattern as in .gitignore."""
        found = _record(index)
        return iter(listing.first_good(self.homes, lambda home: listing.matching(home, found, pattern)))

    def compare(self, index: Iterable[tuple[Segment, Path]], *, thorough: bool = False) -> Iterator[Difference]:
        """What differs between a snapshot and the folder now: names, sizes, times, modes, owners; bytes, too, where `thorough`."""
        path, found = readable(self.options.path, allow_empty=self.options.allow_empty), _record(index)
        return iter(listing.first_good(self.homes, lambda home: listing.differing(home, found, path, thorough=thorough)))

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Prove that the place fits, and make a folder beside it."""
        restore.prepare(order)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Restore the snapshot that the record describes into the folder beside the place."""
        restore.load(self.homes, order, record.read(plain), self.tell)

    def clear(self, order: Order) -> None:
        """Remove the folder beside the place, unless the exchange has begun: then what it holds is the place."""
        site(order).clear()

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Exchange the place."""
        return restore.finish(order)
