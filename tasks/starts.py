"""What beat and operators send to control: it opens the run, takes the lock and sends one canvas.

A start that is refused has no chord to watch over it, so it reports itself.
"""

from typing import Any

from tasks import backup, safety, verification
from tasks.alerts import failed
from workers.artifact import Kind, Order, decode, new_run_id
from workers.bench import opening
from workers.bench import verification as verifying
from workers.celery import app, task
from workers.errors import Failure, Permanent
from workers.step import Step
from workers.topology import CONTROL

SENT = "sent"  # the mark of a run whose canvas is on its way
LOOK, ALWAYS = 30.0, 1 << 20  # seconds between two looks whether a host verifies something else, and how many there are


@task("start.backup")
def start_backup(target: str, kind: str = Kind.FULL, slot: str | None = None, run: str | None = None) -> str:
    """Back up a target. `slot` names the time it was due, `run` an id that the caller chose; returns the run's id."""
    wanted = decode(Kind, kind)
    if wanted is Kind.LOG and (going := app.tools.ledger.holder(opening.lock(app.tools, target, wanted))):
        return going  # the logs are being shipped already: nothing that anybody has to hear of
    opened = opening.backup(app.tools, target, wanted, slot, run)
    return send(opened, backup.canvas)


@task("start.restore")
def start_restore(target: str, order: Any, run: str | None = None) -> str:
    """Restore a backup of a target as `order` says, over live data after a safety backup of them; returns the run's id."""
    opened = opening.restore(app.tools, target, decode(Order, order), run)
    return send(opened, safety.canvas)


@task("start.verify", bind=True)
def start_verify(self: Step, target: str, backup: str | None = None, run: str | None = None) -> str:
    """Try a backup of a target (the newest, where none is named) in a place of its own; returns the run's id.

    The clock's, which has no run yet, waits for another on its host until it expires.
    """
    if run is None and app.tools.ledger.holder(verifying.lock(app.tools, target)):
        raise self.retry(countdown=LOOK, max_retries=ALWAYS)
    return send(verifying.opening(app.tools, target, backup, run or new_run_id()), verification.canvas)


def send(opening_: opening.Opening, canvas: Any) -> str:
    """Take the locks and send the canvas, once for each run; what stands against it becomes the run's one alert.

    A run that is known, but was never marked as sent, was lost with its worker process in between: its lock would be held for ever.
    """
    run, ledger = opening_.run, app.tools.ledger
    try:
        if opening_.take(ledger):
            canvas(run).apply_async()
            ledger.claim(run.id, SENT)
        elif ledger.claim(run.id, SENT):
            raise Permanent("the start was lost with its worker process; the retry is a new run")
    except Failure as error:
        opening_.refuse(ledger, error)
        failed.apply_async((run.id,), queue=CONTROL)
    return run.id
