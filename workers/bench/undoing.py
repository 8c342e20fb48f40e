"""Which restore over live data would be undone, and by which safety backup. The catalog tells, and the ledger as far as it reaches."""

from collections.abc import Iterator
from dataclasses import dataclass

from workers.artifact import Run
from workers.bench import choosing, safety
from workers.bench.tools import Tools
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.catalog.manifest import SAFETY, Manifest
from workers.errors import Refused


@dataclass(frozen=True, slots=True)
class Undo:
    """The safety backup that holds what a restore replaced, and that restore; None where the ledger knows it no more.

    Where single tables were replaced, only those come back: `tables` that were there before. `new` are those that were not.
    """

    target: str
    backup: str
    restore: Run | None
    tables: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def find(tools: Tools, run: str | None) -> Undo:
    """The restore of that id, else the newest that may have changed live data. Refused where there is nothing to undo."""
    if run is not None:
        return _of(tools, tools.ledger.entry(run))
    for manifest in _safeties(tools):
        entry = _restore(tools, manifest.run)
        if entry is None:
            return Undo(manifest.target, manifest.id, None)
        if safety.touched(entry) and entry.state != "open":
            return _undo(manifest, entry.run)
    raise Refused("there is nothing to undo: no restore over live data has left a safety backup; runs() lists what was done")


def _undo(manifest: Manifest, run: Run) -> Undo:
    wanted = run.order.objects if run.order else ()
    tables = choosing.still_there(manifest, wanted)
    if wanted and not tables:
        raise Refused(f"run {run.id} has only made tables that were not there before: {', '.join(wanted)}; drop those that nobody needs")
    return Undo(manifest.target, manifest.id, run, tables, tuple(name for name in wanted if name not in tables))


def _of(tools: Tools, entry: Entry) -> Undo:
    run, sealed = entry.run, entry.note(safety.SEALED)
    if entry.state == "open":
        raise Refused(f'run {run.id} is still going; cancel("{run.id}") ends it')
    if sealed is None or not safety.touched(entry):
        why = safety.words(entry) or "nothing that stood there was replaced"
        raise Refused(f"run {run.id} ({run.work} of {run.target}) has nothing to undo: {why}")
    return _undo(index.find(tools.stores_of(run.target), run.target, sealed).manifest, run)


def _safeties(tools: Tools) -> Iterator[Manifest]:
    """The safety backups of all targets, newest snapshot first."""
    found = [entry.manifest for name in tools.settings.targets for entry in index.backups(tools.stores_of(name), name).entries]
    yield from sorted((each for each in found if each.label == SAFETY), key=lambda each: each.facts.snapshot, reverse=True)


def _restore(tools: Tools, backup: str) -> Entry | None:
    """The restore that a run of a safety backup was made for."""
    try:
        then = tools.ledger.entry(backup).run.then
        return tools.ledger.entry(then) if then else None
    except Refused:
        return None
