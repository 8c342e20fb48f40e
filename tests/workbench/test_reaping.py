"""No run is open for ever, and none that is still worked on is ended."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.catalog.samples import FULL
from workers.artifact import Run, new_run_id
from workers.bench import reaping
from workers.catalog.ledger import Reason, StepRecord

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def tools(orders):
    orders.app.tools.redis.flushdb()
    return orders.app.tools


@pytest.fixture
def run(tools):
    """A run that was opened and took its lock, with twelve hours to go."""
    opened = Run(new_run_id(), "backup", "community", "db1", FULL.id, opened=NOON, deadline=NOON + timedelta(hours=12))
    tools.ledger.open(opened, "data:community")
    return opened.id


def look(tools, *seconds, held=False):
    """What looks at these moments find, the last of them."""
    found = []
    for second in seconds:
        found = [(verdict.run, verdict.needs) for verdict in reaping.reap(tools, lambda _: held, now=NOON + second * SECOND)]
    return found


def test_a_run_that_nobody_holds_is_ended_after_the_grace_with_its_last_step(tools, run):
    tools.ledger.record(run, StepRecord("backup.upload", "db1", 1.0, "ok", 3))
    assert look(tools, 0, 89) == []
    assert look(tools, 90) == [(run, "end")]
    reason = tools.ledger.entry(run).reason
    assert (reason.step, reason.segment) == ("backup.upload", 3)
    assert "nobody works on this run any more" in reason.reason


def test_a_run_of_which_no_step_ever_began_is_ended_and_says_so(tools, run):
    assert look(tools, 0, 90) == [(run, "end")]
    assert "no step of it ever began" in tools.ledger.entry(run).reason.reason


def test_a_run_whose_message_waits_is_left_alone(tools, run):
    assert look(tools, 0, 90, 3600, held=True) == []
    assert tools.ledger.entry(run).reason is None


@pytest.mark.parametrize("sign", ["pulse", "record"])
def test_a_sign_of_life_begins_the_grace_anew(tools, run, sign):
    look(tools, 0, 80)
    tools.ledger.pulse(run) if sign == "pulse" else tools.ledger.record(run, StepRecord("backup.dump", "db1", 1.0, "ok"))
    assert look(tools, 90, 179) == []
    assert look(tools, 180) == [(run, "end")]


def test_a_run_with_a_reason_is_ended_when_its_steps_are_quiet_even_if_messages_wait_for_a_worker_that_is_gone(tools, run):
    tools.ledger.fail(run, Reason("cancel", "cancelled by root"))
    assert look(tools, 0, 89, held=True) == []
    assert look(tools, 90, held=True) == [(run, "end")]
    assert tools.ledger.entry(run).reason.step == "cancel"


def test_a_run_past_its_deadline_gets_a_reason_that_names_the_plan_and_is_ended_when_it_is_quiet(tools, run):
    half_a_day = 12 * 3600
    assert look(tools, 0, half_a_day, held=True) == []
    assert tools.ledger.entry(run).reason is None
    assert look(tools, half_a_day + 1, held=True) == []
    assert tools.ledger.entry(run).reason.reason == "the run took longer than plans.database.deadline = 12 h"
    assert look(tools, half_a_day + 2, half_a_day + 92, held=True) == [(run, "end")]


def test_a_closed_run_whose_alert_was_lost_is_told_after_a_while(tools, run):
    tools.ledger.close(run, "done")
    minutes = (datetime.now(UTC) - NOON).total_seconds()
    assert look(tools, minutes + 599) == []
    assert look(tools, minutes + 601, held=True) == []
    assert look(tools, minutes + 601) == [(run, "tell")]


@pytest.mark.parametrize(("alert", "again"), [("sent", False), ("undelivered: no such channel", False), ("waiting: 503", True)])
def test_only_an_alert_that_no_channel_has_answered_for_good_is_tried_again(tools, run, alert, again):
    tools.ledger.close(run, "done")
    tools.ledger.alert(run, alert)
    assert bool(look(tools, (datetime.now(UTC) - NOON).total_seconds() + 601)) is again
