"""Backups of a source with an index: against which parent one is made, and when it has to be a full one instead.

An incremental backup builds on the newest full or incremental one, never on a differential; a differential on the newest full.
Whatever stands against it (no parent, an index that is lost or damaged, packs that are gone) makes a full, which says why.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from workers.artifact import Facts, Kind, Run
from workers.bench import indexes
from workers.bench.indexes import Pieces
from workers.bench.tools import Tools
from workers.catalog import index
from workers.catalog.manifest import Manifest
from workers.errors import Failure, Transient
from workers.ports import Dump, IndexedSource

_PARENTS = {Kind.INCREMENTAL: (Kind.FULL, Kind.INCREMENTAL), Kind.DIFFERENTIAL: (Kind.FULL,)}


@dataclass(frozen=True, slots=True)
class Against:
    """What a backup compares with: its parent, then those that the parent draws on. Where there is none, `why` may say the reason."""

    line: tuple[Manifest, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Increment:
    """An open dump, and what it compares with; without a parent it is a full one."""

    dump: Dump
    source: IndexedSource
    against: Against

    @property
    def parent(self) -> str | None:
        """The id of the parent."""
        return self.against.line[0].id if self.against.line else None

    def pins(self, facts: Facts) -> tuple[str, ...]:
        """The backups whose data this one shares, once its facts are known."""
        return tuple(_name(found) for found in self.against.line if self.source.draws(facts, found.facts))


@contextmanager
def reading(tools: Tools, run: Run, source: IndexedSource) -> Iterator[Increment]:
    """Open the dump of a run. Transient where the stores cannot be asked now, so that nobody knows what there is."""
    known = _known(tools, run.target)
    indexes.forget(tools, run.target, frozenset(found.id for kind in _PARENTS if (found := _parent(kind, known))))
    with ExitStack() as stack:
        pieces, against = _index(tools, _against(run, known), stack)
        dump = source.dump(Kind.FULL) if pieces is None else source.dump_since(run.kind, pieces)
        yield Increment(stack.enter_context(dump), source, against)


def _known(tools: Tools, target: str) -> list[Manifest]:
    """The sealed backups of a target in the required stores, newest first: the host may know no secret of the others."""
    listing = index.backups((tools.store(name) for name in tools.plan(target).required), target)
    away = [problem for problem in listing.problems if not problem.key]
    if away and not listing.entries:
        raise Transient(f"what there is of {target} is not known: " + "; ".join(f"{found.store}: {found.reason}" for found in away))
    return [entry.manifest for entry in listing.entries]


def _parent(kind: Kind, known: Sequence[Manifest]) -> Manifest | None:
    return next((found for found in known if found.kind in _PARENTS[kind]), None)


def _against(run: Run, known: Sequence[Manifest]) -> Against:
    if run.kind is Kind.FULL:
        return Against()
    parent, names = _parent(run.kind, known), {_name(found): found for found in known}
    if parent is None:
        return Against(why="there is no backup that it could build on")
    if parent.host != run.host:
        return Against(why=f"{parent.id} was made on {parent.host}")
    if gone := [pin for pin in parent.pins if pin not in names]:
        return Against(why=f"{parent.id} builds on {', '.join(gone)}, and no required store has that")
    return Against((parent, *(names[pin] for pin in parent.pins)))


def _index(tools: Tools, found: Against, stack: ExitStack) -> tuple[Pieces | None, Against]:
    """The index of the parent, proven; None, and why, where it cannot be read."""
    if not found.line:
        return None, found
    try:
        return stack.enter_context(indexes.brought(tools, found.line[0])), found
    except Transient:
        raise
    except Failure as lost:
        return None, Against(why=f"the index of {found.line[0].id} cannot be read: {lost.reason}")


def _name(found: Manifest) -> str:
    return f"{found.target}/{found.id}"
