"""How a run ends on control, and how people are told: the facts come from ledger and catalog, the words from `workers.alerts`."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from workers.alerts import message
from workers.alerts.message import Failed, Restored, Safe, Sealed, Told, Turned
from workers.alerts.verified import verified
from workers.alerts.words import until
from workers.artifact import Run
from workers.bench import safety, verdict
from workers.bench.quiet import SAID, quiet
from workers.bench.tools import Tools
from workers.catalog.ledger import Entry, Reason, State
from workers.errors import Failure, Transient
from workers.ports import Message

log = structlog.get_logger("canvasback.alert")

SILENT = "step unknown"
ENDINGS: dict[str, State] = {"start": "refused", "cancel": "cancelled"}  # what no step of the run itself gave as its reason


def end(tools: Tools, run: str, *, last: bool) -> Entry | None:
    """Close a failed run and free its locks; the entry where people still have to be told, else None.

    Transient, unless this is the `last` try, where no reason was noted yet (of a lost process it is noted after the errback was sent),
    and where another call has closed the run and is about to tell people.
    """
    if not last and tools.ledger.entry(run).reason is None:
        raise Transient(f"run {run} ended, and nobody has said why yet")
    tools.ledger.fail(run, Reason(SILENT, "the run ended without saying why; the worker's log of that time knows"))
    entry = tools.ledger.entry(run)
    closed = tools.ledger.close(run, ENDINGS.get(entry.reason.step if entry.reason else SILENT, "failed"))
    tools.ledger.release(run)  # what has ended does not begin any more
    entry = tools.ledger.entry(run)
    if entry.state not in ("failed", *ENDINGS.values()) or entry.alert:
        return None
    if not closed and not last:
        raise Transient(f"run {run} was ended by another call, and people are being told")
    return entry


def announce(tools: Tools, run: str) -> str:
    """Tell every channel that has not said yes. Raises the channel's failure, noted in the ledger, where one has not."""
    entry = tools.ledger.entry(run)
    text = words(tools, entry)
    if quiet(tools, entry):
        tools.ledger.alert(run, SAID)
        return text.headline
    try:
        for channel in tools.channels(event(entry)):
            if not entry.note(f"told:{channel.name}"):
                channel.send(text)
                tools.ledger.note(run, f"told:{channel.name}", "yes")
    except Failure as error:
        state = "waiting" if isinstance(error, Transient) else "undelivered"
        tools.ledger.alert(run, f"{state}: {error.reason}")
        log.error("alert not delivered", run=run, reason=error.reason, headline=text.headline)
        raise
    tools.ledger.alert(run, "sent")
    return text.headline


def event(entry: Entry) -> str:
    """The event of the settings that an end is: a verification that has passed is news for those who ask for drills."""
    if entry.state != "done":
        return "failure"
    return "drill" if entry.run.work == verdict.WORK else "success"


def words(tools: Tools, entry: Entry) -> Message:
    """The message about a run that has ended, from the ledger and the catalog."""
    zone, ended = tools.settings.time_zone, entry.closed or datetime.now(UTC)
    told = Told(entry.run.id, entry.run.target, entry.run.kind, ended, ended - entry.run.opened)
    if entry.run.work == verdict.WORK:
        return verified(verdict.told(told, entry), zone)
    into = entry.run.order.goal if entry.run.order else ""
    reason, before = entry.reason or Reason(SILENT, "no reason was noted"), safety.words(entry)
    if entry.state == "refused":
        return message.refused(Turned(told, reason.reason, into, before), zone)
    if entry.state == "cancelled":
        return message.cancelled(Turned(told, reason.reason, into, before, half=safety.touched(entry)), zone)
    if entry.state != "done":
        step = (reason.segment, _number(entry, "segments"))
        return message.failed(Failed(told, reason.step, reason.reason, safe(tools, entry.run.target), *step, into, safety=before), zone)
    if entry.run.order:
        rows, expected = _number(entry, "rows") or 0, _number(entry, "expected")
        warnings, counted = (*_warnings(entry), *_warnings_before(tools, entry)), (entry.note("counted") or "table row").split()
        found = Restored(told, _restored(entry.run, zone), into, _number(entry, "tables") or 0, rows, expected, warnings, before)
        return message.restored(replace(found, counted=(counted[0], counted[1])), zone)
    return message.sealed(_sealed(told, entry), zone)


def _restored(run: Run, zone: ZoneInfo) -> str:
    """The backup, and the moment after it to which it was brought."""
    moment = run.order.until if run.order else None
    return f"{run.backup}, then its logs up to {until(moment, zone)}" if moment else run.backup


def _sealed(told: Told, entry: Entry) -> Sealed:
    segments = _number(entry, "segments") or 0  # seal refuses where one of them was not read back from every required store
    copies = tuple((entry.note("copies") or "").split(", "))
    sizes = (_number(entry, "plain") or 0, _number(entry, "stored") or 0)
    return Sealed(told, *sizes, segments, segments, copies, warnings=_warnings(entry))


def safe(tools: Tools, target: str) -> Safe:
    """What is safe now, as far as control can see."""
    try:
        newest = tools.newest(target)
    except Failure as error:
        return Safe(unknown=error.reason)
    return Safe(newest.manifest.facts.snapshot if newest else None, tools.plan(target).objectives.rpo)


def _number(entry: Entry, name: str) -> int | None:
    note = entry.note(name)
    return int(note) if note else None


def _warnings_before(tools: Tools, entry: Entry) -> tuple[str, ...]:
    """What the safety backup of a restore left out: nobody hears of it otherwise."""
    if entry.run.first is None:
        return ()
    return tuple(f"safety backup: {words}" for words in _warnings(tools.ledger.entry(entry.run.first)))


def _warnings(entry: Entry) -> tuple[str, ...]:
    return tuple(line for line in (entry.note("warnings") or "").splitlines() if line)
