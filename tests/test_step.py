"""The base task: retry by the kind of error, one record for each execution, errors that survive JSON."""

import pytest
from celery.contrib.testing.worker import start_worker
from celery.exceptions import Ignore

from workers.artifact import Run, new_run_id
from workers.catalog.ledger import StepRecord
from workers.errors import Corrupt, Permanent, Refused, RunFailed, Transient
from workers.topology import CONTROL


class Slow(Transient):
    """The other side asked for patience."""

    retry_after = 7.0


@pytest.fixture
def run(orders):
    opened = Run(new_run_id(), "backup", "community", "db1", "20261122T000000Z-full-9f3a11c2")
    orders.app.tools.ledger.open(opened)
    return opened.id


TRIES: list[str] = []


def flaky(run):
    TRIES.append(run)
    if TRIES.count(run) < 3:
        raise Transient("store nas is away")
    return TRIES.count(run)


def broken(_run):
    raise Corrupt("segment 3 differs")


def unforeseen(_run):
    return {}["no such key"]


def early(segment, _run):
    return segment["number"]


def late(_run):
    raise RunFailed("another step failed")


@pytest.fixture
def worker(orders):
    """A worker in a thread, with steps that fail in their own way."""
    for step in (flaky, broken, unforeseen, early, late):
        if f"backup.{step.__name__}" not in orders.app.tasks:
            orders.app.task(name=f"backup.{step.__name__}", longest_wait=0.05, rank=1)(step)
    with start_worker(orders.app, pool="solo", queues=[CONTROL], perform_ping_check=False, shutdown_timeout=20):
        yield orders.app


def outcomes(app, run):
    return [record.outcome for record in app.tools.ledger.steps(run)]


def test_a_transient_error_is_tried_again_until_it_passes(worker, run):
    assert worker.tasks["backup.flaky"].delay(run).get(timeout=20) == 3
    assert outcomes(worker, run) == ["retry", "retry", "ok"]


def test_a_permanent_error_fails_at_once_and_is_the_reason_of_its_run(worker, run):
    with pytest.raises(Corrupt, match="segment 3 differs"):
        worker.tasks["backup.broken"].delay(run).get(timeout=20)
    assert outcomes(worker, run) == ["segment 3 differs"]
    reason = worker.tools.ledger.entry(run).reason
    assert (reason.step, reason.reason) == ("backup.broken", "segment 3 differs")


def test_an_unforeseen_error_is_told_in_words_that_survive_json(worker, run):
    with pytest.raises(Permanent, match="unforeseen KeyError: 'no such key'"):
        worker.tasks["backup.unforeseen"].delay(run).get(timeout=20)


def test_a_run_that_is_over_is_never_the_first_reason(worker, run):
    with pytest.raises(RunFailed):
        worker.tasks["backup.late"].delay(run).get(timeout=20)
    assert worker.tools.ledger.entry(run).reason is None


def test_a_wait_that_the_other_side_asked_for_is_kept(worker):
    step = worker.tasks["backup.broken"]
    assert step.wait(Slow("429")) >= 7.0
    assert step.wait(Transient("away")) <= 0.0625


def test_every_failure_comes_back_from_json_as_it_was(orders):
    backend = orders.app.backend
    for error in (Transient("a"), Permanent("b"), Corrupt("c"), Refused("d"), RunFailed("e")):
        back = backend.exception_to_python(backend.prepare_exception(error))
        assert (type(back), back.reason) == (type(error), error.reason)


def test_a_step_whose_successor_has_ended_well_is_ignored_and_leaves_no_record(worker, run):
    step = worker.tasks["backup.early"]
    worker.tools.ledger.record(run, StepRecord("backup.late", "db1", 1.0, "ok", 7, rank=2))
    with pytest.raises(Ignore):
        step({"number": 7}, run)
    assert step({"number": 8}, run) == 8
    assert [record.segment for record in worker.tools.ledger.steps(run)] == [7, 8]
