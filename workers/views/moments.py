"""A restore to a moment before it is done, and statements found in logs, as text to be read."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.table import Table

from workers.alerts.words import count, duration, size, stamp
from workers.artifact import Statement
from workers.bench.moments import MomentPlan
from workers.views.tables import safety

INDENT = " " * 14  # of what goes on with a step


def plan(found: MomentPlan, zone: ZoneInfo) -> str:
    """What would happen, step by step."""
    base = found.base
    where = (
        f"the data folder of a new server, {base.place.name} on {base.host}" if base.order.server else f"{base.place.name} on {base.host}"
    )
    steps = [
        *safety(base),
        f"base     {base.manifest.id}     {size(base.stored)} stored, {size(base.plain)} plain     from {', '.join(base.stores)}"
        f"{_files(found)}",
        *_replay(found, zone),
        f"{'hand over ' if base.order.server else 'load     '}{where}",
        f"prove    {count(len(found.order.of_one.facts.counts), 'table')} of the base counted, {_proof(found)}",
    ]
    lines = [
        f"Restore {found.target} to {found.words} into {_new(found)}{where}",
        "",
        *(f"  {number}  {words}" for number, words in enumerate(steps, 1)),
        "",
        f"  forecast    {_forecast(found)}{_promise(found)}",
        f"  changes     {base.changes}",
    ]
    if base.manifest.recipients:
        lines.append(f"  needs       the secret age_identity on {found.host}: the backup is encrypted")
    return "\n".join(lines)


def statements(found: Sequence[Statement], zone: ZoneInfo) -> Table:
    """Statements by number, the newest last."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(("#", "time", "database", "transaction", "begins at", "statement")):
        table.add_column(column, overflow="fold", no_wrap=number in (0, 1, 4))
    for number, hit in enumerate(found, 1):
        at = f"{hit.position.file}:{hit.position.offset}"
        table.add_row(str(number), stamp(hit.committed, zone), hit.database or "–", hit.gtid or "–", at, " ".join(hit.sql.split()))
    return table


def _files(found: MomentPlan) -> str:
    """What is different where the base is a copy of a whole server."""
    return f"\n{INDENT}physical: the whole server is unpacked, {found.order.original} alone goes on" if _is_physical(found) else ""


def _is_physical(found: MomentPlan) -> bool:
    return found.order.facts.mode == "physical" and found.order.until is not None


def _new(found: MomentPlan) -> str:
    return "" if found.order.server or found.base.place.exists else "the new database "


def _replay(found: MomentPlan, zone: ZoneInfo) -> list[str]:
    if not found.order.until:
        return []
    pieces = found.way.pieces
    reach = stamp(pieces[-1].until, zone)
    stores = ", ".join(found.stores)
    programs = next((finding.found for finding in found.findings), "")
    return [
        f"logs     {count(len(pieces), 'file')}, {size(found.bytes)}, up to {reach}, no gap     from {stores}",
        f"replay   on a scratch server{_lent(found)} ({programs}), up to {_until(found)}\n{INDENT}needs {size(found.need.room)} of room in"
        f" scratch_dir of {found.host}",
    ]


def _lent(found: MomentPlan) -> str:
    return f" of {found.host}, which does all of this for {found.base.host}" if found.order.lent else ""


def _until(found: MomentPlan) -> str:
    until = found.way.until
    if until.time is not None:
        return f"the last transaction before it, in {found.way.pieces[-1].log.name} at the latest"
    if until.gtid or until.before:
        return f"{until.gtid} and with it" if until.gtid else f"the last transaction before {until.before}"
    return f"{until.position.file} at {until.position.offset}" if until.position else "the moment"


def _proof(found: MomentPlan) -> str:
    if not found.order.until:
        return "definitions compared, foreign keys checked"
    return "the end of the replay by the server's own GTIDs or position, then every table against the scratch server; foreign keys checked"


def _forecast(found: MomentPlan) -> str:
    spans = found.spans
    if not found.order.until or spans is None:
        known = found.base.forecast.span * (2 if found.order.until and not _is_physical(found) else 1)
        twice = "; the data are loaded twice" if found.order.until and not _is_physical(found) else ""
        return f"not measured yet, at least {duration(known)}{twice}"
    parts = ", ".join(f"{name} {duration(getattr(spans, name))}" for name in ("base", "logs", "replay", "load"))
    return f"about {duration(spans.whole)} ({parts})"


def _promise(found: MomentPlan) -> str:
    objective = found.base.objective
    if not objective:
        return ""
    span = found.spans.whole if found.spans else found.base.forecast.span
    return f"; objective {duration(objective)}{'' if span <= objective else ' ✗'}"
