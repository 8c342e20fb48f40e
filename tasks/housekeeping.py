"""What control does by itself: it ends runs that nobody works on any more, and those that an operator cancels."""

from datetime import timedelta

from tasks.alerts import announce, failed
from workers.artifact import Run
from workers.bench import reaping, safety
from workers.broker.holdings import holds
from workers.catalog.ledger import Reason
from workers.celery import app, task
from workers.topology import CONTROL


@task("housekeeping.reap", ignore_result=True)
def reap(grace: float = reaping.GRACE.total_seconds()) -> None:
    """Look at every run that people have still to hear of. `grace` are the seconds a run may be quiet."""

    def held(run: Run) -> bool:
        return holds(app.tools.redis, app.settings, run.id)

    for found in reaping.reap(app.tools, held, timedelta(seconds=grace)):
        (failed if found.needs == "end" else announce).apply_async((found.run,), queue=CONTROL)


@task("housekeeping.cancel", ignore_result=True)
def cancel(run: str, by: str) -> None:
    """Note that a run is not wanted any more: its steps stop within seconds, and the last of them ends it."""
    app.tools.ledger.fail(run, Reason("cancel", f"cancelled by {by}"))
    safety.waits(app.tools.ledger, app.tools.ledger.entry(run))
