"""Logs are shipped every few minutes: people hear what is new, and nothing twice."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.catalog.samples import FULL
from workers.artifact import Kind, Run, new_run_id
from workers.bench import telling
from workers.bench.quiet import SAID, quiet
from workers.catalog.ledger import Reason

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def tools(orders):
    orders.app.tools.ledger._redis.flushdb()
    return orders.app.tools


def ended(tools, minute, reason="", *, kind=Kind.LOG, warnings="", target="community"):
    """A run that was opened in this minute and has ended; its entry."""
    run = Run(new_run_id(), "backup", target, "db1", FULL.id, kind, opened=START + timedelta(minutes=minute))
    tools.ledger.open(run)
    tools.ledger.note(run.id, "warnings", warnings)
    if reason:
        tools.ledger.fail(run.id, Reason("backup.dump", reason))
    tools.ledger.close(run.id, "failed" if reason else "done")
    return tools.ledger.entry(run.id)


def test_shipping_as_before_is_quiet(tools):
    assert quiet(tools, ended(tools, 0))
    assert quiet(tools, ended(tools, 5))


def test_a_failure_is_told_once_and_not_again_for_the_same_reason(tools):
    ended(tools, 0)
    assert not quiet(tools, ended(tools, 5, "log off"))
    assert quiet(tools, ended(tools, 10, "log off"))
    assert not quiet(tools, ended(tools, 15, "store away"))


def test_the_first_failure_of_all_is_told(tools):
    assert not quiet(tools, ended(tools, 0, "log off"))


def test_the_first_success_after_a_failure_is_told(tools):
    ended(tools, 0, "log off")
    assert not quiet(tools, ended(tools, 5))
    assert quiet(tools, ended(tools, 10))


def test_a_gap_is_always_told(tools):
    ended(tools, 0)
    assert not quiet(tools, ended(tools, 5, warnings="gap in the logs: bin.000002 was purged"))


def test_other_backups_are_never_quiet_and_never_looked_at(tools):
    ended(tools, 0, "log off", kind=Kind.FULL)
    assert not quiet(tools, ended(tools, 5, kind=Kind.FULL))
    assert quiet(tools, ended(tools, 10))


def test_the_runs_of_another_target_make_no_difference(tools):
    ended(tools, 0, "log off", target="shop")
    assert not quiet(tools, ended(tools, 5, "log off"))


def test_a_quiet_end_is_no_alert_that_waits(tools):
    entry = ended(tools, 0)
    telling.announce(tools, entry.run.id)
    assert tools.ledger.entry(entry.run.id).alert == SAID
    assert tools.ledger.untold() == ()
