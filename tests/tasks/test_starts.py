"""What the clock and operators send to control."""

import pytest
from celery.exceptions import Retry

from tests.catalog.samples import FULL
from workers.artifact import Run, new_run_id


@pytest.fixture(autouse=True)
def emptied(orders):
    """What is started here is carried out by nobody."""
    yield
    orders.app.tools.redis.flushdb()


@pytest.fixture
def going(orders):
    """Another verification on the host."""
    ledger = orders.app.tools.ledger
    run = Run(new_run_id(), "verify", "other", "db1", FULL.id)
    ledger.open(run, "verify:db1")
    yield run.id
    ledger.close(run.id, "done")


def test_the_clocks_verification_waits_for_another_on_its_host(orders, going):
    known = {entry.run.id for entry in orders.app.tools.ledger.runs(100)}
    with pytest.raises(Retry):
        orders.starts.start_verify("community")
    assert {entry.run.id for entry in orders.app.tools.ledger.runs(100)} == known


def test_an_operators_verification_is_told_at_once_what_is_going_on(orders, going):
    run = orders.starts.start_verify("community", None, new_run_id())
    assert f"run {going} of community is still going" in orders.app.tools.ledger.entry(run).reason.reason


def test_the_clocks_verification_is_a_run_of_its_own_when_nothing_stands_against_it(orders):
    entry = orders.app.tools.ledger.entry(orders.starts.start_verify("community"))
    assert entry.run.work == "verify"
