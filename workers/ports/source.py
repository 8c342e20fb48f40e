"""What a source MUST do: read one target in one moment, and write it back. Lowest floor."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from workers.artifact import Facts, Kind, Order, Outcome, Role, Segment

Meter: TypeAlias = Callable[[int, int], None]  # so many bytes are done, of so many


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes that MUST NOT be cut (whole SQL statements, a tar member), and the objects in them."""

    data: bytes
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A stream of blocks with one role; it becomes one or more segments. `charset`: see Segment.

    `beside` are further readers of the same blocks, each for a thread of its own: what one took, no other gets, so that `blocks` read
    alone gives everything. An empty block says that its stream lives and has nothing yet; it comes within a second, so that a reader
    can look whether it has to stop.
    """

    name: str
    role: Role
    blocks: Iterator[Block]
    charset: str | None = None
    beside: tuple[Iterator[Block], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of a preflight: `ok`, what was looked at, what was found, and what would mend it (SQL to paste, a setting)."""

    ok: bool
    what: str
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What stands where a restore would go: `rows` (what they are says `unit`) and `bytes` are estimates, 0 where nothing exists.

    `aside` says where it goes when it is restored over, so that no safety backup of it is needed; "": it is dropped. `proof` says how a
    restore there is proven; "": by counting.
    """

    name: str
    exists: bool
    empty: bool
    rows: int = 0
    bytes: int = 0
    unit: str = "row"
    aside: str = ""
    proof: str = ""


class Dump(Protocol):
    """One dump while it runs: first its parts are read, all of them and in order, then its facts."""

    def parts(self) -> Iterator[Part]:
        """The parts; the blocks of one MUST be exhausted before the next is asked for."""

    def facts(self) -> Facts:
        """What was read, proven (exit status, trailer, stderr, definitions unchanged). Raises Permanent where it was not."""


class Source(Protocol):
    """Reads and writes one target. An instance lives for one step and MUST keep no state between steps."""

    def check(self) -> tuple[Finding, ...]:
        """Everything that a backup needs, looked at without changing anything; never raises for what it can say."""

    def size(self) -> int:
        """Roughly how many bytes a dump will have; 0 where nobody knows. For progress only."""

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a dump of one consistent moment. Leaving the context ends every child and lock, whatever happened."""

    def place(self, into: str) -> Place:
        """What stands at `into` now."""

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Make the place ready for data from plain schema segments. MUST refuse a non-empty place unless `order.confirm` allows it."""

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Load one plain data segment. MUST be safe to call for several segments at once."""

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Load the plain segments of the later roles in order and count what is there now."""


@runtime_checkable
class MeteredSource(Protocol):
    """A source whose server works for long by itself, before its first segment or after the last."""

    def metered(self, meter: Meter) -> Source:
        """The same source, which tells how far its server is. Changes nothing."""


@runtime_checkable
class SweptSource(Protocol):
    """A source that keeps large things on its host while it works, which a process that was killed leaves behind."""

    def sweep(self) -> int:
        """Remove what no living process holds any more; how many things. Never raises for a server that is away."""


@runtime_checkable
class BuildsBeside(Protocol):
    """A source that builds what it restores beside the place, and puts it there at the end."""

    def clear(self, order: Order) -> None:
        """Remove what a restore that failed has built. MUST leave what was proven and is on its way into the place."""


@runtime_checkable
class TableSource(Protocol):
    """A source of which single objects can be restored into live data, all at one moment."""

    def touched(self, order: Order) -> tuple[str, ...]:
        """What else is touched in the live place by replacing the order's objects, in words. Changes nothing."""
