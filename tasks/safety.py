"""The safety backup before a restore over live data: its canvas, and what follows from its end. `workers.bench.safety` knows how.

backup of the live place, as any other      sealed: the canvas of the restore     anything else: the restore ends with its reason
"""

from celery.canvas import Signature

from tasks import backup, restore
from workers.artifact import Run
from workers.bench import safety
from workers.broker.chord import OUTAGE
from workers.celery import app
from workers.topology import CONTROL


def canvas(run: Run) -> Signature:
    """The canvas with which a restore begins: that of its safety backup, where it needs one, else its own."""
    if run.first is None:
        return restore.canvas(run)
    first = safety.backup_of(run, app.tools.target(run.target).host)
    app.tools.ledger.keep(run)
    app.tools.ledger.open(first)
    return backup.canvas(first)


def follow(run: str) -> None:
    """Do what follows from the end of a run; nothing, unless it is a safety backup."""
    ledger = app.tools.ledger
    entry = ledger.entry(run)
    if entry.run.then is None or entry.state == "open":
        return
    found = safety.next_of(ledger, entry)
    if found.begins:
        restore.canvas(found.begins).apply_async()
        ledger.claim(found.begins.id, safety.BEGUN)
    elif found.ends:
        app.send_task("alert.failed", (found.ends,), queue=CONTROL, retry_policy=OUTAGE)
