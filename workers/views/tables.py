"""Tables for the terminal: targets, backups, runs, steps, findings, plans. Times in the settings' zone, sizes in binary units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.table import Table

from workers.alerts.words import duration, size, stamp
from workers.bench.planning import RestorePlan
from workers.catalog.index import Listing
from workers.catalog.ledger import Entry, StepRecord
from workers.catalog.manifest import Manifest
from workers.ports import Finding

TICK = {True: "✓", False: "✗"}


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target as it stands: its newest backup (None: there is none) and the stores that hold it."""

    name: str
    source: str
    host: str
    newest: Manifest | None
    copies: tuple[str, ...]
    objective: timedelta | None
    problem: str = ""


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)  # the first is there to be copied
    return table


def targets(rows: Iterable[TargetRow], now: datetime, zone: ZoneInfo) -> Table:
    """Each target against its RPO."""
    table = _table("target", "source", "host", "newest", "RPO now", "objective", "copies")
    for row in rows:
        age = now - row.newest.facts.snapshot if row.newest else None
        late = row.objective is not None and (age is None or age > row.objective)
        newest = f"{row.newest.kind} {stamp(row.newest.facts.snapshot, zone)}" if row.newest else row.problem or "none"
        against = f"{duration(age) if age else '–'}{'  ✗' if late else ''}"
        objective = duration(row.objective) if row.objective else "–"
        copies = f"{len(row.copies)} · {', '.join(row.copies)}" if row.copies else "–"
        table.add_row(row.name, row.source, row.host, newest, against, objective, copies, style="red" if late else "")
    return table


def backups(listing: Listing, zone: ZoneInfo) -> Table:
    """Every backup, newest first; damaged manifests and halves below."""
    table = _table("backup", "target", "kind", "snapshot", "stored", "plain", "segments", "in")
    for entry in listing.entries:
        found = entry.manifest
        stored = sum(segment.stored.bytes for segment in found.segments if segment.stored)
        plain = sum(segment.plain.bytes for segment in found.segments)
        places = ", ".join(store.name for store in entry.stores)
        when = stamp(found.facts.snapshot, zone)
        table.add_row(found.id, found.target, found.kind, when, size(stored), size(plain), str(len(found.segments)), places)
    for problem in listing.problems:
        table.add_row(problem.key or "–", "", "damaged" if problem.key else "away", "", "", "", problem.reason, problem.store, style="red")
    for half in listing.halves:
        table.add_row(half.partition("/")[2], half.partition("/")[0], "half", "no manifest: it never was a backup", style="dim")
    return table


def runs(entries: Iterable[Entry], zone: ZoneInfo) -> Table:
    """Runs, newest first."""
    table = _table("run", "work", "target", "state", "opened", "took", "alert", "reason")
    for entry in entries:
        took = duration(entry.closed - entry.run.opened) if entry.closed else "–"
        colour = {"failed": "red", "refused": "yellow"}.get(entry.state, "")
        reason = entry.reason.reason if entry.reason else ""
        opened = stamp(entry.run.opened, zone)
        table.add_row(entry.run.id, entry.run.work, entry.run.target, entry.state, opened, took, entry.alert or "–", reason, style=colour)
    return table


def steps(records: Iterable[StepRecord]) -> Table:
    """Step by step, oldest first."""
    table = _table("step", "segment", "host", "seconds", "outcome")
    for record in records:
        segment = "" if record.segment is None else str(record.segment)
        table.add_row(
            record.step, segment, record.host, f"{record.seconds:.3f}", record.outcome, style="" if record.outcome == "ok" else "red"
        )
    return table


def findings(found: Iterable[Finding]) -> Table:
    """Answers of a doctor; what is wrong comes with what would mend it."""
    table = _table("", "what", "found", "what would mend it")
    for finding in found:
        table.add_row(TICK[finding.ok], finding.what, finding.found, finding.remedy, style="" if finding.ok else "red")
    return table


def plan(found: RestorePlan, zone: ZoneInfo) -> str:
    """A restore before it is done, as text to be read."""
    facts, tables = found.manifest.facts, len(found.manifest.facts.counts)
    promise = f", objective {duration(found.objective)}" if found.objective else ""
    forecast = f"{duration(found.forecast)} at the speed of the last restore" if found.forecast else "not known: none was measured yet"
    backup = f"{found.manifest.id}     {size(found.stored)} stored, {size(found.plain)} plain"
    return "\n".join(
        (
            f"Restore {found.target} as it was at {stamp(facts.snapshot, zone)} into {found.place.name} on {found.host}",
            "",
            f"  1  base     {backup}     from {', '.join(found.stores)}",
            f"  2  load     {len(found.manifest.segments)} segments into {found.place.name} on {found.host}",
            f"  3  prove    {tables} tables counted, definitions compared, foreign keys checked",
            "",
            f"  forecast    {forecast}{promise}",
            f"  changes     {found.changes}",
        )
    )
