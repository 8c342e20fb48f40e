"""The tables of a plan by themselves."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from workers.command import BEST_EFFORT, IDLE
from workers.gentle import Ceiling, Gentle, silent
from workers.plans import Check, Plan, Retention, Slack, Throttle


def test_a_plan_needs_nothing_but_a_store() -> None:
    plan = Plan.model_validate({"required": ["nas"]})
    assert (plan.sync, plan.recipients, plan.verify, plan.streams, plan.priority) == ((), (), None, None, "P2")
    assert (plan.deadline, plan.retention, plan.objectives.rpo, plan.compress.level) == (timedelta(hours=12), None, None, 3)


def test_a_plan_without_a_store_is_refused() -> None:
    with pytest.raises(ValidationError, match="required"):
        Plan.model_validate({"required": []})


@pytest.mark.parametrize("rule", [{"within": "1d"}, {"daily": 1}, {"weekly": 1}, {"monthly": 1}, {"yearly": 1}])
def test_one_rule_of_retention_is_enough(rule: dict[str, object]) -> None:
    assert Retention.model_validate(rule)


@pytest.mark.parametrize("rule", [{}, {"daily": 0}])
def test_a_retention_that_keeps_nothing_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="keeps nothing"):
        Retention.model_validate(rule)


@pytest.mark.parametrize(
    "check",
    [
        {"sql": "SELECT 1"},
        {"url": "http://h"},
        {"status": 200},
        {"sql": "SELECT 1", "status": 200},
        {"sql": "x", "at_least": 1, "url": "http://h"},
    ],
)
def test_a_check_asks_one_whole_question(check: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="give sql with at_least, or url with status"):
        Check.model_validate(check)


def test_slack_hears_of_everything_unless_told_otherwise() -> None:
    assert Slack().events == ("success", "failure", "outdated", "drill")


def test_a_plan_throttles_nothing_unless_told() -> None:
    throttle = Plan.model_validate({"required": ["nas"]}).throttle
    assert throttle.rate is None
    assert throttle.gentle(silent) == Gentle()


def test_a_throttle_says_what_a_source_is_told() -> None:
    throttle = Throttle.model_validate({"rate": "20MiB", "nice": 10, "ionice": "best-effort:7", "load": {"most": 40, "wait": "90s"}})
    gentle = throttle.gentle(silent)
    assert throttle.rate == 20 << 20
    assert (gentle.manners.nice, gentle.manners.io, gentle.ceiling) == (10, (BEST_EFFORT, 7), Ceiling("Threads_running", 40, 90.0))


@pytest.mark.parametrize(("words", "io"), [("idle", (IDLE, 0)), ("best-effort", (BEST_EFFORT, 4)), ("best-effort:0", (BEST_EFFORT, 0))])
def test_disk_access_is_a_class_and_a_level(words: str, io: tuple[int, int]) -> None:
    assert Throttle(ionice=words).manners.io == io


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"rate": "1023KiB"}, "at least 1MiB a second"),
        ({"nice": -1}, "nice"),
        ({"nice": 20}, "nice"),
        ({"ionice": "realtime:0"}, "ionice"),
        ({"ionice": "best-effort:8"}, "ionice"),
        ({"load": {}}, "most"),
        ({"load": {"most": 0}}, "most"),
        ({"load": {"most": 1, "counter": "x' OR 1"}}, "counter"),
        ({"load": {"most": 1, "wait": "0s"}}, "longer than nothing"),
        ({"speed": "1MiB"}, "speed"),
    ],
)
def test_a_throttle_that_nobody_could_keep_is_refused(table: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Throttle.model_validate(table)
