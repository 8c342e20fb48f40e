"""What a source MUST do besides that knows the names in its backups, and one whose backups end with an index of them. Lowest floor."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from workers.artifact import Facts, Kind, Order, Segment
from workers.ports.source import Dump, Source


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a backup: its path below the target, and what was wrong when it was read, "" where nothing was."""

    path: str
    bytes: int
    modified: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, in words, between a name in a backup and the target as it is now."""

    path: str
    words: str


@runtime_checkable
class NamedSource(Protocol):
    """A source that can tell which names are in a backup. It is a Source besides.

    `index` is what tells them: always the plain index segments of one backup in order, or its data segments where its data are the record
    of what a program keeps elsewhere; each file MAY be gone when the next is asked for.
    """

    def select(self, order: Order, index: Iterable[tuple[Segment, Path]], segments: Sequence[Segment]) -> Order:
        """The order with what tells which of the segments (those of the backup, then those it shares) it needs: `objects` or `reads`.

        Raises Refused, naming them, where objects name nothing.
        """

    def find(self, pattern: str, index: Iterable[tuple[Segment, Path]]) -> Iterator[Found]:
        """The names that match a pattern."""

    def compare(self, index: Iterable[tuple[Segment, Path]], *, thorough: bool = False) -> Iterator[Difference]:
        """What differs from the target as it is now; `thorough` reads what looks equal."""


@runtime_checkable
class IndexedSource(Source, NamedSource, Protocol):
    """A source whose backups end with an index (segments of role `index`) of all that is restorable from them and their parents."""

    def dump_since(self, kind: Kind, index: Iterable[tuple[Segment, Path]]) -> AbstractContextManager[Dump]:
        """Open a dump of what changed against a parent. Raises Corrupt where its index cannot be read: then a full is due."""

    def draws(self, facts: Facts, other: Facts) -> bool:
        """Whether the data of a backup with these facts lie in another one, too."""
