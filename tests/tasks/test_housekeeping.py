"""What control does by itself reaches the ledger, and the tasks that tell people."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks import housekeeping
from tests.catalog.samples import FULL
from workers.artifact import Run, new_run_id
from workers.bench.reaping import PATIENCE


@pytest.fixture
def ledger(orders):
    orders.app.tools.redis.flushdb()
    return orders.app.tools.ledger


@pytest.fixture
def sent(orders, monkeypatch):
    """What is sent, instead of being sent."""
    found = []
    for task in (housekeeping.failed, housekeeping.announce):
        monkeypatch.setattr(task, "apply_async", lambda given, queue, task=task: found.append((task.name, given, queue)))
    return found


def opened(ledger):
    run = Run(new_run_id(), "backup", "community", "db1", FULL.id)
    ledger.open(run, "data:community")
    return run.id


def test_a_run_that_nobody_works_on_is_sent_to_its_end_and_its_reason_is_noted(ledger, sent):
    run = opened(ledger)
    housekeeping.reap(grace=0.0)
    assert sent == [("alert.failed", (run,), "control")]
    assert "no step of it ever began" in ledger.entry(run).reason.reason


def test_a_run_that_ended_and_of_which_nobody_heard_is_announced(ledger, sent, monkeypatch):
    run = opened(ledger)
    ledger.close(run, "done")
    monkeypatch.setattr("workers.bench.reaping.datetime", Later)
    housekeeping.reap()
    assert sent == [("alert.announce", (run,), "control")]


class Later(datetime):
    """The clock after people have waited long enough."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz or UTC) + PATIENCE + timedelta(minutes=1)


def test_a_run_within_its_grace_is_left_alone(ledger, sent):
    opened(ledger)
    housekeeping.reap()
    assert sent == []


def test_a_cancelled_run_knows_by_whom_and_its_steps_stop(ledger, sent):
    run = opened(ledger)
    housekeeping.cancel(run, "anna on desk1")
    reason = ledger.entry(run).reason
    assert (reason.step, reason.reason) == ("cancel", "cancelled by anna on desk1")
    housekeeping.cancel(run, "bert on desk2")
    assert ledger.entry(run).reason.reason == "cancelled by anna on desk1"
