"""Verbs that begin or end a run. Everything is checked here, before anything is sent."""

from pydantic import validate_call

from tasks.desk import asking
from tasks.desk.looking import watch
from tasks.desk.screen import Sent, console, name_of
from workers.artifact import Kind, new_run_id
from workers.bench import lending, opening, planning, verification
from workers.celery import app
from workers.errors import Refused
from workers.topology import CONTROL
from workers.views import progress


@validate_call
def backup(target: str | None = None, kind: str = Kind.FULL, wait: bool = False) -> Sent | None:
    """Back up a target now; `wait=True` watches it to its end."""
    if target is None:
        asking.offer(app.tools, console, 'backup("{}")')
        return None
    row = app.tools.target(target)
    kinds = opening.kinds(app.tools, target)
    if kind not in kinds:
        raise Refused(f"kind {kind!r} cannot be made of {target}; there is: {', '.join(kinds)}")
    planning.free(app.tools, opening.backup(app.tools, target, Kind(kind), None, None))
    console.print(f"Back up {target} ({row.source} on {row.host}) into {', '.join(app.tools.plan(target).required)}")
    run = new_run_id()
    app.send_task("start.backup", (target, kind, None, run), queue=CONTROL)
    return sent(run, wait)


@validate_call
def verify(target: str | None = None, *, backup: str | None = None, wait: bool = False) -> Sent | None:
    """Prove a backup (the newest, where none is named) by restoring it to a place of its own, which is gone afterwards."""
    if target is None:
        asking.offer(app.tools, console, 'verify("{}")')
        return None
    row, run = app.tools.target(target), new_run_id()
    found = verification.chosen(app.tools, target, backup)
    lending.tried(app.tools, asking.able, found)
    planning.free(app.tools, verification.opening(app.tools, target, found.id, run))
    console.print(f"Verify {found.id} of {target} in a place of its own on {row.host}")
    app.send_task("start.verify", (target, found.id, run), queue=CONTROL)
    return sent(run, wait)


@validate_call
def cancel(run: Sent | str | None = None) -> None:
    """End a run that is going: its steps stop within seconds, nothing is sealed, its lock and its spool are freed."""
    if run is None:
        asking.offer_open(app.tools, console, 'cancel("{}")')
        return
    entry = app.tools.ledger.entry(name_of(run))
    if entry.state != "open":
        raise Refused(f'run {entry.run.id} is {entry.state} already; why("{entry.run.id}") tells how it ended')
    console.print(progress.cancelling(entry), soft_wrap=True)
    app.send_task("housekeeping.cancel", (entry.run.id, asking.me()), queue=CONTROL)


def sent(run: str, wait: bool) -> Sent | None:
    """A run that was sent, for an operator to come back to; watched to its end with `wait`."""
    if not wait:
        return Sent(run)
    watch(run)
    return None
