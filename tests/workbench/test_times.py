"""A time as an operator writes it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from workers.bench import times
from workers.errors import Refused

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")


def test_without_an_offset_it_is_in_the_zone_of_the_settings_and_says_so():
    found = times.read("2026-11-22 14:30:00", SEOUL)
    assert found.moment == datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
    assert found.words == "2026-11-22 14:30:00 +09:00 (no offset given: Asia/Seoul)"


@pytest.mark.parametrize("text", ["2026-11-22T05:30:00Z", "2026-11-22 06:30+01:00", datetime(2026, 11, 22, 5, 30, tzinfo=UTC)])
def test_an_offset_is_taken_and_echoed_in_the_zone(text):
    assert times.read(text, SEOUL) == times.Time(datetime(2026, 11, 22, 5, 30, tzinfo=UTC), "2026-11-22 14:30:00 +09:00")


def test_a_time_that_comes_twice_is_refused_with_both_readings():
    with pytest.raises(Refused, match=r'comes twice.*at="2026-10-25 02:30:00\+02:00" or at="2026-10-25 02:30:00\+01:00"'):
        times.read("2026-10-25 02:30:00", BERLIN)


def test_a_time_that_never_comes_is_refused_with_both_readings():
    with pytest.raises(Refused, match=r'never comes.*at="2026-03-29 02:30:00\+01:00" or at="2026-03-29 02:30:00\+02:00"'):
        times.read("2026-03-29 02:30:00", BERLIN)


@pytest.mark.parametrize(("text", "hour"), [("2026-10-25 01:59:59", 23), ("2026-10-25 03:00:00", 2), ("2026-03-29 03:00:00", 1)])
def test_beside_the_change_of_clocks_a_time_is_one_time(text, hour):
    assert times.read(text, BERLIN).moment.hour == hour


@pytest.mark.parametrize("text", ["noon", "14:30", "2026-13-01"])
def test_what_is_no_time_is_refused_with_one_that_is(text):
    with pytest.raises(Refused, match="2026-11-22 14:30:00"):
        times.read(text, SEOUL)
