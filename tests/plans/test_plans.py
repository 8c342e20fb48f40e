"""The tables of a plan by themselves."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from workers.plans import Check, Plan, Retention, Slack


def test_a_plan_needs_nothing_but_a_store() -> None:
    plan = Plan.model_validate({"required": ["nas"]})
    assert (plan.sync, plan.recipients, plan.verify, plan.streams, plan.priority) == ((), (), None, 1, "P2")
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
