"""What people are told. These tasks run on control; the words come from the ledger, the channels from the settings."""

from tasks import safety
from workers.bench import telling
from workers.broker.chord import OUTAGE
from workers.celery import app, task
from workers.step import Step
from workers.topology import CONTROL, segments_queue


@task("alert.failed", bind=True, patience=2)
def failed(self: Step, run: str) -> None:
    """End a run that failed: free its locks, clear its spool, tell people. Once, however often it is called."""
    entry = telling.end(app.tools, run, last=self.request.retries >= self.patience)
    if entry:
        app.send_task("host.sweep", (run,), queue=segments_queue(entry.run.host), retry_policy=OUTAGE)
        announce.apply_async((run,), queue=CONTROL, retry_policy=OUTAGE)


@task("alert.announce", patience=30, longest_wait=600.0)
def announce(run: str) -> str:
    """Tell every channel that wants to know; sent only after the channel's own yes. Tried again for some four hours.

    A safety backup is no news of its own: what follows from its end is begun instead.
    """
    safety.follow(run)
    return telling.announce(app.tools, run)
