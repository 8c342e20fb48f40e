"""What each engine says of its repositories, so that source, dump and restore can be the same for both. Floor: tools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workers.ports import Address, Finding, Share, Tell
from workers.sources.engine.child import Read
from workers.sources.engine.name import HearName
from workers.sources.engine.record import Record


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that was just made: its name for the engine, what could not be read, and in words what else is to be known.

    `dropped` is as in Ended: more names than those in `missed` may not have been read.
    """

    record: Record
    name: str
    missed: tuple[str, ...] = ()
    dropped: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot that a repository holds: its `ids` here and where it was made first, its name for the engine, whether we made it."""

    ids: frozenset[str]
    name: str
    ours: bool


class Home(Protocol):
    """One repository."""

    @property
    def address(self) -> Address:
        """Where it lies."""

    @property
    def name(self) -> str:
        """As people are told: store and place."""

    def extract(self, record: Record, tree: Path, names: Sequence[str], tell: Tell) -> None:
        """Restore a snapshot, or only these names with all that is in them, below `tree`. Raises where not all came back, proven."""

    def snapshots(self) -> tuple[Held, ...]:
        """All that it holds, others than ours, too; nothing where it is not there yet."""

    def remove(self, names: Sequence[str]) -> None:
        """Remove snapshots, then all data that no snapshot needs, and prove what is left. Corrupt where it is not sound."""

    def contents(self, record: Record, read: Read) -> None:
        """Let `read` have all files of a snapshot as one tar. Raises where it is not whole."""

    def listed(self, record: Record, hear: HearName) -> None:
        """Tell every name in a snapshot, a folder before what is in it."""

    def taking(self, path: Path, hear: Callable[[str], None]) -> None:
        """Tell every name that a backup of the folder would hold now, relative to it. Stores nothing."""


class Homes(Protocol):
    """The repositories of one target, the first one first."""

    @property
    def each(self) -> Sequence[Home]:
        """Each of them, in the order of their stores. Refused where no password is known."""

    def examine(self) -> tuple[Finding, ...]:
        """What a backup needs, looked at without changing anything."""

    def fit(self) -> None:
        """Raises where a store or the program does not allow a backup; nothing is done yet."""

    def take(self, path: Path, tell: Tell) -> Taken:
        """Back a folder up into the first one, and look the snapshot up."""

    def drop(self, taken: Taken) -> None:
        """Take a snapshot away that was just made and is no backup; data that it alone needs go when data are removed the next time."""

    def of(self, store: str) -> Home:
        """The one in a store."""

    def prove(self, record: Record) -> None:
        """Corrupt unless the first one holds the snapshot of a record."""

    def carry(self, snapshot: str) -> None:
        """Bring a snapshot into every other one."""

    def audit(self, snapshot: str, store: str, share: Share | None) -> None:
        """Corrupt, naming the store, unless its repository is sound and holds the snapshot; a share of its data is read."""
