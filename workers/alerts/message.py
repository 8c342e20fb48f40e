"""What people are told about a run, in the words of the house. Pure functions from facts to a message: nothing is read or asked here.

Only what was proven is said: sizes and copies are those that were read back, and "safe now" says so where nobody could look.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.alerts.words import clock, count, duration, size
from workers.artifact import Kind
from workers.ports import Field, Message


@dataclass(frozen=True, slots=True)
class Told:
    """What every message says about its run. `ended` is when it ended, `took` how long it ran."""

    run: str
    target: str
    kind: Kind
    ended: datetime
    took: timedelta


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed backup: bytes of both forms, how many segments there are and were read back, and in which stores.

    `window` is the recovery window in words, where the target has one.
    """

    told: Told
    plain: int
    stored: int
    segments: int
    proven: int
    copies: tuple[str, ...]
    window: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Safe:
    """What is safe now: when the newest good backup was made, None where there is none, against the objective.

    `unknown` says why nobody could look; then `newest` means nothing.
    """

    newest: datetime | None = None
    objective: timedelta | None = None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that failed. `step` is its task's name, `segment` the one it worked on, `segments` how many there are where it is known.

    `into` is where a restore went, "" for a backup; `advice` comes before the way to find out more. `safety` says what became of what
    stood there, "" where nothing did.
    """

    told: Told
    step: str
    reason: str
    safe: Safe
    segment: int | None = None
    segments: int | None = None
    into: str = ""
    advice: str = ""
    safety: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore whose result was counted and found equal to the manifest.

    `expected` are the manifest's rows, None where they were the server's estimate, and nobody could compare them. `safety` as in Failed.
    `counted` is what the counts are of, and what they count.
    """

    told: Told
    backup: str
    into: str
    tables: int
    rows: int
    expected: int | None = None
    warnings: tuple[str, ...] = ()
    safety: str = ""
    counted: tuple[str, str] = ("table", "row")


@dataclass(frozen=True, slots=True)
class Turned:
    """A run that was refused before it did anything, or cancelled; `into` and `safety` as in Failed, `half`: its place may be half made."""

    told: Told
    reason: str
    into: str = ""
    safety: str = ""
    half: bool = False


def sealed(facts: Sealed, zone: ZoneInfo) -> Message:
    """✅ Backup sealed: a warning where something was left out on the way."""
    told = facts.told
    fields = (
        Field("Size", f"{size(facts.stored)} ({size(facts.plain)} before)"),
        Field("Duration", duration(told.took)),
        Field("Proven", f"{facts.proven} of {facts.segments} read back"),
        Field("Time", clock(told.ended, zone)),
        *([Field("Window", facts.window)] if facts.window else ()),
        Field("Copies", ", ".join(facts.copies)),
        *_warnings(facts.warnings),
    )
    return Message(f"✅ Backup sealed · {told.target} · {told.kind}", fields, "warning" if facts.warnings else "info")


def failed(facts: Failed, zone: ZoneInfo) -> Message:
    """❌ Backup failed, or restore failed: critical, with what is safe now and what to do next."""
    told = facts.told
    fields = (
        Field("Step", step(facts)),
        Field("Time", clock(told.ended, zone)),
        Field("Reason", facts.reason),
        Field("Run", told.run),
        Field("Safe now", safe(facts.safe, told.ended)),
        *_safety(facts.safety),
    )
    return Message(f"❌ {_work(told, 'failed', facts.into)}", fields, "critical", _next(told.run, facts.advice))


def restored(facts: Restored, zone: ZoneInfo) -> Message:
    """✅ Restore proven: counts of what is there now."""
    told = facts.told
    fields = (
        Field("Proven", counted(facts)),
        Field("Duration", duration(told.took)),
        Field("Backup", facts.backup),
        Field("Time", clock(told.ended, zone)),
        *_safety(facts.safety),
        *_warnings(facts.warnings),
    )
    return Message(f"✅ {_work(told, 'proven', facts.into)}", fields, "warning" if facts.warnings else "info")


def refused(facts: Turned, zone: ZoneInfo) -> Message:
    """⚠️ Backup refused, or restore refused: nothing was done."""
    told = facts.told
    fields = (Field("Reason", facts.reason), Field("Time", clock(told.ended, zone)), *_safety(facts.safety), Field("Run", told.run))
    return Message(f"⚠️ {_work(told, 'refused', facts.into)}", fields, "warning", _next(told.run, ""))


def cancelled(facts: Turned, zone: ZoneInfo) -> Message:
    """⏹️ Backup cancelled, or restore cancelled: nothing was sealed, or proven."""
    told = facts.told
    left = (Field("Left", f"{facts.into} is half made: drop it before it is restored again"),) if facts.half else ()
    time = Field("Time", clock(told.ended, zone))
    fields = (Field("Reason", facts.reason), time, *left, *_safety(facts.safety), Field("Run", told.run))
    return Message(f"⏹️ {_work(told, 'cancelled', facts.into)}", fields, "warning", _next(told.run, ""))


def step(facts: Failed) -> str:
    """The step for people: `upload, segment 14 of 31`."""
    name = facts.step.rpartition(".")[2]
    if facts.segment is None:
        return name
    return f"{name}, segment {facts.segment}" + (f" of {facts.segments}" if facts.segments else "")


def safe(facts: Safe, now: datetime) -> str:
    """What is safe now: `newest good backup 27 h old, objective 24 h ✗`."""
    if facts.unknown:
        return f"not known: {facts.unknown}"
    if facts.newest is None:
        return "there is no good backup ✗"
    age = now - facts.newest
    text = f"newest good backup {duration(age)} old"
    if facts.objective is None:
        return text
    return f"{text}, objective {duration(facts.objective)} {'✓' if age <= facts.objective else '✗'}"


def counted(facts: Restored) -> str:
    """What was counted: `4 of 4 tables, 5,112,402 of 5,112,402 rows`."""
    table, row = facts.counted
    tables = f"{facts.tables} of {count(facts.tables, table)}"
    if facts.expected is None:
        return f"{tables}, {count(facts.rows, row)} counted (the manifest has an estimate)"
    return f"{tables}, {facts.rows:,} of {count(facts.expected, row)}"


def _work(told: Told, ending: str, into: str) -> str:
    if not into:
        return f"Backup {ending} · {told.target} · {told.kind}"
    return f"Restore {ending} · {told.target} → {into}" if into != told.target else f"Restore {ending} · {told.target}"


def _next(run: str, advice: str) -> str:
    look = f'why("{run}") in the shell'
    return f"{advice} · {look}" if advice else look


def _safety(words: str) -> tuple[Field, ...]:
    return (Field("Safety", words),) if words else ()


def _warnings(warnings: tuple[str, ...]) -> tuple[Field, ...]:
    return (Field("Warnings", "\n".join(f"• {warning}" for warning in warnings)),) if warnings else ()
