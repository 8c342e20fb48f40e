"""Tables for the terminal: targets, backups, runs, steps, findings, plans. Times in the settings' zone, sizes in binary units."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.table import Table

from workers.alerts.words import count, duration, size, stamp
from workers.artifact import Kind
from workers.bench import choosing
from workers.bench.planning import Forecast, RestorePlan
from workers.catalog import presence
from workers.catalog.index import Listing
from workers.catalog.ledger import Entry, StepRecord
from workers.catalog.manifest import SAFETY, Manifest
from workers.ports import Finding

TICK = {True: "✓", False: "✗"}
MOST = 60  # steps shown one by one; a run of more is shown as sums and what went wrong


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target as it stands: its newest backup (None: there is none) and the stores that hold it.

    `reach` is the newest moment that it can be brought back to, where logs lead on from its backups.
    """

    name: str
    source: str
    host: str
    newest: Manifest | None
    copies: tuple[str, ...]
    objective: timedelta | None
    problem: str = ""
    reach: datetime | None = None

    def lost(self, now: datetime) -> timedelta | None:
        """What would be lost now; None where there is no backup."""
        return now - (self.reach or self.newest.facts.snapshot) if self.newest else None


def blank(*columns: str) -> Table:
    """A table without rows."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)  # the first is there to be copied
    return table


def targets(rows: Iterable[TargetRow], now: datetime, zone: ZoneInfo) -> Table:
    """Each target against its RPO."""
    table = blank("target", "source", "host", "newest", "RPO now", "objective", "copies")
    for row in rows:
        age = row.lost(now)
        late = row.objective is not None and (age is None or age > row.objective)
        newest = f"{row.newest.kind} {stamp(row.newest.facts.snapshot, zone)}" if row.newest else row.problem or "none"
        against = f"{duration(age) if age else '–'}{'  ✗' if late else ''}"
        objective = duration(row.objective) if row.objective else "–"
        copies = f"{len(row.copies)} · {', '.join(row.copies)}" if row.copies else "–"
        table.add_row(row.name, row.source, row.host, newest, against, objective, copies, style="red" if late else "")
    return table


def backups(listing: Listing, zone: ZoneInfo) -> Table:
    """Every backup, newest first; damaged manifests and halves below."""
    table = blank("backup", "target", "kind", "snapshot", "stored", "plain", "segments", "in")
    for entry in listing.entries:
        found = entry.manifest
        places = ", ".join(store.name for store in entry.stores)
        when = stamp(found.facts.snapshot, zone)
        whole = f"{found.kind} {found.facts.mode}" if found.kind is Kind.FULL and found.facts.mode == "physical" else str(found.kind)
        kind = f"{whole} · {found.label}" if found.label else whole
        table.add_row(found.id, found.target, kind, when, size(found.stored), size(found.plain), str(len(found.segments)), places)
    for entry in listing.gone:
        found, places = entry.manifest, ", ".join(store.name for store in entry.stores)
        why = f"it was removed from the repository in {places}: it cannot be restored"
        table.add_row(found.id, found.target, "gone", stamp(found.facts.snapshot, zone), "", "", why, "", style="red")
    for problem in listing.problems:
        table.add_row(problem.key or "–", "", "damaged" if problem.key else "away", "", "", "", problem.reason, problem.store, style="red")
    for half in listing.halves:
        table.add_row(half.partition("/")[2], half.partition("/")[0], "half", "no manifest: it never was a backup", style="dim")
    return table


def looks(listing: Listing, zone: ZoneInfo) -> Iterator[str]:
    """What is known of backups whose data lie in repositories, and since when: whoever reads the catalog does not see into them."""
    for target, look in presence.looks(listing.entries).items():
        gone = count(sum(entry.manifest.target == target for entry in listing.gone), "backup")
        lost = "" if gone.startswith("0 ") else f"; {gone} could not be restored any more"
        where = f"as its repositories in {', '.join(look.stores)} were at {stamp(look.at, zone)}{lost}"
        yield f"{target}: {where}. What was removed there since, the next backup finds; doctor() and plan() look now."


def runs(entries: Iterable[Entry], zone: ZoneInfo) -> Table:
    """Runs, newest first."""
    table = blank("run", "work", "target", "state", "opened", "took", "alert", "reason")
    for entry in entries:
        took = duration(entry.closed - entry.run.opened) if entry.closed else "–"
        colour = {"failed": "red", "refused": "yellow"}.get(entry.state, "")
        reason = entry.reason.reason if entry.reason else ""
        opened = stamp(entry.run.opened, zone)
        work = f"{entry.run.work} · {SAFETY} of {entry.run.then}" if entry.run.then else entry.run.work
        table.add_row(entry.run.id, work, entry.run.target, entry.state, opened, took, entry.alert or "–", reason, style=colour)
    return table


def steps(records: Sequence[StepRecord], zone: ZoneInfo) -> Table:
    """Step by step, oldest first; of many, a sum for each kind of step, then those that were tried again or failed."""
    table = blank("step", "segment", "host", "ended", "seconds", "outcome")
    alone = records if len(records) <= MOST else [record for record in records if record.outcome != "ok"]
    for row in _sums(records) if len(records) > MOST else ():
        table.add_row(*row)
    for record in alone:
        segment = "" if record.segment is None else str(record.segment)
        ended = stamp(record.at, zone) if record.at else "–"
        colour = {"ok": "", "retry": "yellow"}.get(record.outcome, "red")
        table.add_row(record.step, segment, record.host, ended, f"{record.seconds:.3f}", record.outcome, style=colour)
    return table


def _sums(records: Sequence[StepRecord]) -> Iterator[tuple[str, ...]]:
    fine = [record for record in records if record.outcome == "ok"]
    for step in dict.fromkeys(record.step for record in fine):
        done = [record for record in fine if record.step == step]
        hosts = ", ".join(dict.fromkeys(record.host for record in done))
        yield step, f"{len(done)} of them", hosts, "", f"{sum(record.seconds for record in done):.3f}", "ok"


def findings(found: Iterable[Finding]) -> Table:
    """Answers of a doctor."""
    table = blank("", "what", "found")
    for finding in found:
        table.add_row(TICK[finding.ok], finding.what, finding.found, style="" if finding.ok else "red")
    return table


def remedies(found: Iterable[Finding]) -> str:
    """What would mend what is wrong, once each and in unbroken lines: they are there to be pasted."""
    wrong = {finding.remedy: finding.what for finding in found if not finding.ok and finding.remedy}
    return "\n".join(f"  · {what}:\n{remedy}" for remedy, what in wrong.items())


def plan(found: RestorePlan, zone: ZoneInfo) -> str:
    """A restore before it is done, as text to be read."""
    facts, where = found.manifest.facts, f"{found.place.name} on {found.host}"
    taken = duration(found.manifest.ended - found.manifest.started)
    steps = [
        *safety(found),
        f"base     {found.manifest.id}     {size(found.stored)} stored, {size(found.plain)} plain     from {', '.join(found.stores)}",
        f"load     {_loaded(found)} into {where}{_lent(found)}",
        f"prove    {found.place.proof or _proof(found)}",
    ]
    lines = [
        f"Restore {found.target} as it was at {stamp(facts.snapshot, zone)} into {where}",
        "",
        *(f"  {number}  {words}" for number, words in enumerate(steps, 1)),
        "",
        f"  forecast    {_forecast(found.forecast, taken)}{_promise(found)}",
        f"  changes     {found.changes}",
        *(f"  touches     {words}" for words in _touched(found)),
        *(f"  accounts    {words}" for words in choosing.accounts(found.order)),
    ]
    if found.manifest.recipients:
        lines.append(f"  needs       the secret age_identity on {found.by}: the backup is encrypted")
    return "\n".join(lines)


def _lent(found: RestorePlan) -> str:
    return f", through a scratch server of {found.by}, which does all of this for {found.host}" if found.order.lent else ""


def safety(found: RestorePlan) -> list[str]:
    """The step of the safety backup, where there is one."""
    if found.safety is None:
        return []
    return [f"safety   {found.place.name} is backed up first, about {duration(found.safety)}, or nothing is done"]


def _proof(found: RestorePlan) -> str:
    tables = count(len(found.order.expected), "table")
    if found.order.server:
        return f"a server started on it in private: {tables} there and read, position in the binary log equal"
    return f"{tables} counted, definitions compared, foreign keys checked"


def _loaded(found: RestorePlan) -> str:
    segments, objects = count(len(found.reads), "segment"), ", ".join(found.order.objects)
    if not objects:
        return segments
    rows = f" ({choosing.rows(found.order)})" if found.order.expected else ""
    of = "" if found.manifest.pins else f" of {len(found.manifest.segments)}"
    return f"{objects}{rows} from {len(found.reads)}{of} segments"


def _touched(found: RestorePlan) -> tuple[str, ...]:
    if found.order.objects and not found.order.confirm and not found.place.aside:
        return ("foreign keys to tables that do not come along, and triggers, are left out; each is listed at the end",)
    return found.touched


def _forecast(forecast: Forecast, taken: str) -> str:
    if forecast.measured:
        return f"about {duration(forecast.span)}, as fast as run {forecast.measured}"
    return f"not measured yet, at least the {taken} that the backup took"


def _promise(found: RestorePlan) -> str:
    if not found.objective:
        return ""
    return f"; objective {duration(found.objective)}{'' if found.span <= found.objective else ' ✗'}"
