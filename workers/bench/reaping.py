"""Ends what nobody works on any more, so that no run is open for ever and no alert is lost.

A worker or Redis can be lost in ways that Celery cannot tell: no errback comes. So control looks at every open run:
 - it is past the deadline of its plan: the reason is noted, and its steps stop at their next look;
 - it has a reason to fail, and no step of it gives a sign of life: it is ended;
 - it has none, no step gives a sign, and Redis holds no message of it: it was lost, and is ended.
 - a restore that waits for its safety backup has no step yet: that backup is looked at instead.
And at every closed one whose people were not told, with no message on the way: they are told.
Signs are counted, not timed: the clocks of the hosts do not matter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from workers.alerts.words import duration
from workers.artifact import Run
from workers.bench import safety
from workers.bench.tools import Tools
from workers.catalog.ledger import Entry, Ledger, Reason

GRACE = timedelta(seconds=90)  # many times the distance of two signs of a step, and longer than a reconnect
PATIENCE = timedelta(minutes=10)  # how long people may wait for an alert that seems to be lost
QUIET = "quiet"  # the note: signs counted, and since when


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run needs: to be ended, or its people to be told."""

    run: str
    needs: Literal["end", "tell"]


def reap(tools: Tools, holds: Callable[[Run], bool], grace: timedelta = GRACE, now: datetime | None = None) -> Iterator[Verdict]:
    """Look at every run once. `holds` says whether Redis has a message of a run; it is asked only where a run is quiet."""
    moment = now or datetime.now(UTC)
    for entry in tools.ledger.untold():
        if entry.state != "open":
            if entry.closed and moment - entry.closed >= PATIENCE and not holds(entry.run):
                yield Verdict(entry.run.id, "tell")
        elif _over(tools, entry, holds, grace, moment):
            yield Verdict(entry.run.id, "end")


def _over(tools: Tools, entry: Entry, holds: Callable[[Run], bool], grace: timedelta, now: datetime) -> bool:
    run, ledger = entry.run, tools.ledger
    if run.deadline and now > run.deadline and not entry.reason:
        limit = f"plans.{tools.target(run.target).plan}.deadline = {duration(run.deadline - run.opened)}"
        ledger.fail(run.id, Reason("deadline", f"the run took longer than {limit}"))
        return False  # its steps stop by themselves; it is ended when they are quiet
    if safety.waits(ledger, entry):
        return False  # another run goes on for it, and is looked at by itself
    if not _quiet(ledger, entry, grace, now):
        return False
    if entry.reason is None and not holds(run):
        ledger.fail(run.id, _lost(ledger, run))
        return True
    return entry.reason is not None


def _quiet(ledger: Ledger, entry: Entry, grace: timedelta, now: datetime) -> bool:
    """Whether no step gave a sign of life for so long, as far as these looks can tell."""
    signs, _, since = (entry.note(QUIET) or "").partition(" ")
    if signs == str(entry.signs):
        return now - datetime.fromisoformat(since) >= grace
    ledger.note(entry.run.id, QUIET, f"{entry.signs} {now.isoformat()}")
    return grace <= timedelta(0)


def _lost(ledger: Ledger, run: Run) -> Reason:
    words = "a worker or Redis was lost with it: nobody works on this run any more, and no message of it is left"
    steps = ledger.steps(run.id)
    if not steps:
        return Reason("reaper", f"{words}; no step of it ever began")
    last = steps[-1]
    return Reason(last.step, f"{words}; this was the last step that ended, on {last.host}", last.segment)
