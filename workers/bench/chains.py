"""What one backup run reads and where its backup lies: a target's own data, the logs of its server, or logs that were shipped already.

The logs of a server are one chain, kept under the server's name and shared by all targets on it. An incremental or differential
backup of such a target copies nothing: it names the log backups that lead from the one before, or from the full, to its moment.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from workers import sources
from workers.artifact import Facts, Kind, Run
from workers.bench import increments
from workers.bench.tools import Tools
from workers.catalog import index, presence, recovery
from workers.catalog.manifest import Manifest
from workers.catalog.recovery import Stretch
from workers.errors import Permanent
from workers.ports import Dump, IndexedSource, LogSource, Part, Past, Source, Store


@dataclass(frozen=True, slots=True)
class Reading:
    """An open dump, the folder that its backup lies in, the backup it builds on, and what tells which ones it needs by its facts.

    `instead` says why it is a full, where another kind was asked for.
    """

    dump: Dump
    shelf: str
    parent: str | None = None
    pins: Callable[[Facts], tuple[str, ...]] = lambda facts: ()
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A dump of nothing: what it holds was shipped already."""

    known: Facts

    def parts(self) -> Iterator[Part]:
        """None."""
        return iter(())

    def facts(self) -> Facts:
        """The facts of the full, at the moment that the logs lead to."""
        return self.known


@contextmanager
def reading(tools: Tools, run: Run, source: Source) -> Iterator[Reading]:
    """Open what a run of this kind reads. Permanent where its logs are not there."""
    if isinstance(source, IndexedSource):
        with increments.reading(tools, run, source) as found:
            yield Reading(found.dump, run.target, found.parent, found.pins, found.against.why)
    elif run.kind is Kind.FULL or not isinstance(source, LogSource):
        with source.dump(run.kind) as dump:
            yield Reading(dump, run.target)
    elif run.kind is Kind.LOG:
        shelf = recovery.shelf(source.identity())
        before = index.newest(_required(tools, run.target), shelf)
        with source.ship(_past(tools, run.target, before, source.identity())) as dump:
            yield Reading(dump, shelf, before.id if before else None)
    else:
        yield _named(tools, run)


def stretches(tools: Tools, target: str, stores: tuple[Store, ...]) -> tuple[Stretch, ...]:
    """To which seconds a target can be brought back from these stores, by every full backup of it, oldest first."""
    return of(tools, target, entries(target, stores))


def entries(target: str, stores: tuple[Store, ...]) -> tuple[index.Entry, ...]:
    """Every backup of a target in these stores, and the logs of the servers that its full backups are of."""
    known = presence.seen(index.backups(stores, target)).entries
    fulls = (entry.manifest.facts for entry in known if entry.manifest.kind is Kind.FULL and entry.manifest.facts.position)
    shelves = sorted({recovery.shelf(facts.identity) for facts in fulls})
    return (*known, *(entry for shelf in shelves for entry in index.backups(stores, shelf).entries))


def reach(tools: Tools, target: str, known: tuple[index.Entry, ...]) -> datetime | None:
    """The newest moment that a target can be brought back to, by its backups and the logs since its newest full; None without a backup.

    The logs are asked of one store that holds the full: it is a question of every start of the shell, and they may be hundreds.
    """
    full = next((entry for entry in known if entry.manifest.kind is Kind.FULL), None)
    if full is None or not tools.plan(target).logs:
        return known[0].manifest.facts.snapshot if known else None
    logs = index.backups(full.stores[:1], recovery.shelf(full.manifest.facts.identity), full.manifest.id).entries
    ends = (stretch.end for stretch in of(tools, target, (full, *logs)))
    return max(known[0].manifest.facts.snapshot, *ends)


def of(tools: Tools, target: str, known: tuple[index.Entry, ...]) -> tuple[Stretch, ...]:
    """The stretches that these backups make."""
    kind = tools.target(target).source
    found = recovery.stretches([entry.manifest for entry in known], sources.gtids(kind))
    return found if kind in sources.LOGS else tuple(replace(stretch, ended="") for stretch in found)  # there is no log that could be off


def _required(tools: Tools, target: str) -> tuple[Store, ...]:
    """The stores that the host writes to; it may know no secret of the others."""
    return tuple(tools.store(name) for name in tools.plan(target).required)


def _past(tools: Tools, target: str, before: Manifest | None, identity: str) -> Past:
    """How far the chain goes; where it has not begun, the position of the target's newest full backup of this server."""
    if before is not None:
        return Past(before.facts.position)
    entries = index.backups(_required(tools, target), target).entries
    fulls = (entry.manifest.facts for entry in entries if entry.manifest.kind is Kind.FULL)
    return Past(full=next((facts.position for facts in fulls if facts.identity == identity), None))


def _named(tools: Tools, run: Run) -> Reading:
    """The logs from the parent on to the end of what was shipped."""
    found = stretches(tools, run.target, _required(tools, run.target))
    if not found:
        raise Permanent(f"{run.target} has no full backup that logs could lead on from; make one first")
    stretch = found[-1]
    parents = _parents(tools, run, stretch.full)
    parent = parents[0]
    if stretch.end <= parent.facts.snapshot:
        why = stretch.ended or "no logs were shipped since; logs in the plan says how often that is done"
        raise Permanent(f"there is nothing after {parent.id}: {why}")
    had = {pin for manifest in parents for pin in manifest.pins}
    pins = tuple(pin for bundle in stretch.bundles if (pin := f"{bundle.target}/{bundle.id}") not in had)
    return Reading(Named(_facts(stretch)), run.target, parent.id, lambda facts: pins)


def _parents(tools: Tools, run: Run, full: Manifest) -> list[Manifest]:
    """The backup that this one builds on, then what that one builds on, down to the full."""
    if run.kind is Kind.DIFFERENTIAL:
        return [full]
    known = {entry.manifest.id: entry.manifest for entry in index.backups(_required(tools, run.target), run.target).entries}
    for manifest in known.values():  # the newest first
        found = line(known, manifest)
        if manifest.kind is Kind.INCREMENTAL and found[-1] == full:
            return found
    return [full]


def line(known: dict[str, Manifest], manifest: Manifest) -> list[Manifest]:
    """A backup, then the one that it builds on, and so on as long as they are known."""
    found = [manifest]
    while (parent := known.get(found[-1].parent or "")) is not None:
        found.append(parent)
    return found


def _facts(stretch: Stretch) -> Facts:
    return replace(stretch.full.facts, snapshot=stretch.end, position=stretch.position, counts=(), warnings=())
