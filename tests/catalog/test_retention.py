"""Which backups a rule keeps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.catalog.samples import FULL, NOON
from workers.catalog import retention
from workers.catalog.manifest import Manifest
from workers.plans import Retention

SEOUL = ZoneInfo("Asia/Seoul")


def at(moment: datetime, started: datetime | None = None) -> Manifest:
    return replace(FULL, id=f"{moment:%Y%m%dT%H%M%SZ}", started=started or moment, facts=replace(FULL.facts, snapshot=moment))


def days(*ago: float) -> list[Manifest]:
    return [at(NOON - timedelta(days=each)) for each in ago]


def kept(backups: Sequence[Manifest], **rule: object) -> list[float]:
    """How many days ago those that are kept were made."""
    found = retention.kept(backups, Retention(**rule), UTC)  # type: ignore[arg-type]
    return sorted((NOON - backup.facts.snapshot) / timedelta(days=1) for backup in backups if backup.id in found)


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"within": "2d"}, [0, 1, 2]),
        ({"daily": 2}, [0, 1]),
        ({"weekly": 2}, [0, 7]),
        ({"monthly": 3}, [0, 22, 60]),
        ({"yearly": 2}, [0, 400]),
        ({"within": "1d", "weekly": 2, "monthly": 2}, [0, 1, 7, 22]),
    ],
)
def test_each_line_keeps_what_it_says_and_what_one_keeps_stays(rule, left):
    assert kept(days(0, 1, 2, 7, 22, 25, 60, 400), **rule) == left  # NOON is a Sunday, 22 November


def test_the_newest_stays_and_ages_count_from_it_whatever_the_clock_says():
    assert kept(days(300, 310, 340), within="20d") == [300, 310]
    assert retention.kept([], Retention(daily=1), UTC) == frozenset()


def test_days_begin_at_midnight_in_the_time_zone_of_the_settings():
    late, early = at(datetime(2026, 11, 21, 14, 59, tzinfo=UTC)), at(datetime(2026, 11, 21, 15, 1, tzinfo=UTC))  # midnight in Seoul
    assert retention.kept([late, early], Retention(daily=2), SEOUL) == {late.id, early.id}
    assert retention.kept([late, early], Retention(daily=2), UTC) == {early.id}


def test_a_host_whose_clock_lagged_made_no_old_backup():
    lagged = at(NOON - timedelta(days=900), started=NOON + timedelta(days=1))
    assert retention.kept([*days(0, 1), lagged], Retention(within="12h"), UTC) == {lagged.id}
    assert retention.moment(lagged) == NOON + timedelta(days=1)


@given(some.lists(some.integers(0, 5000), min_size=1, unique=True), some.integers(0, 40), some.integers(0, 3), some.integers(1, 3))
def test_whatever_the_rule_the_newest_and_all_that_is_young_stays_and_no_more_than_asked(hours, young, weekly, monthly):
    backups = days(*(each / 24 for each in hours))
    rule = {"weekly": weekly, "monthly": monthly} | ({"within": f"{young}d"} if young else {})
    left = kept(backups, **rule)
    newest = min(hours) / 24
    assert left[0] == pytest.approx(newest)
    within = [each for each in left if each <= newest + young + 1e-9]
    assert len(within) >= sum(each / 24 <= newest + young for each in hours)
    assert len(left) <= len(within) + weekly + monthly
