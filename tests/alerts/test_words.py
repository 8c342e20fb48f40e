"""Numbers and times for people."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.alerts.words import clock, count, duration, size, stamp, until
from workers.artifact import Position, Until

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SIZES = [
    (0, "0 B"),
    (1023, "1023 B"),
    (KIB, "1.0 KiB"),
    (int(1.6 * GIB), "1.6 GiB"),
    (GIB - 1, "1.0 GiB"),
    (204 * MIB, "204.0 MiB"),
    (1 << 70, "1048576.0 PiB"),
]
SPANS = [
    (-5, "0.0 s"),
    (4.94, "4.9 s"),
    (9.97, "10 s"),
    (14.9, "14 s"),
    (59.99, "59 s"),
    (60, "1 min"),
    (221, "3 min 41 s"),
    (3599, "59 min 59 s"),
    (3600, "1 h"),
    (5400, "1 h 30 min"),
    (27 * 3600 + 800, "27 h"),
    (72 * 3600, "3 d"),
    (5 * 86400 + 3 * 3600 + 59, "5 d 3 h"),
    (40 * 86400 + 3600, "40 d"),
]


@pytest.mark.parametrize(("amount", "text"), SIZES)
def test_sizes_have_binary_units_and_one_decimal(amount: int, text: str) -> None:
    assert size(amount) == text


@given(st.integers(0, 1 << 59))
def test_no_size_shows_a_thousand_of_a_unit(amount: int) -> None:
    assert float(size(amount).split()[0]) < 1024


@pytest.mark.parametrize(("seconds", "text"), SPANS)
def test_spans_have_at_most_two_units(seconds: float, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text


def test_times_are_told_in_the_zone_of_the_settings() -> None:
    moment = datetime(2026, 11, 21, 15, 3, 41, tzinfo=UTC)
    assert clock(moment, ZoneInfo("Asia/Seoul")) == "00:03:41 KST"
    assert stamp(moment, ZoneInfo("Asia/Seoul")) == "2026-11-22 00:03:41 +09:00"


@pytest.mark.parametrize(
    ("zone", "text"), [("Asia/Almaty", "05:00:00 +05:00"), ("UTC", "00:00:00 UTC"), ("America/Sao_Paulo", "21:00:00 -03:00")]
)
def test_a_zone_without_letters_shows_its_offset(zone: str, text: str) -> None:
    assert clock(datetime(2026, 11, 22, tzinfo=UTC), ZoneInfo(zone)) == text


def test_summer_and_winter_differ_in_letters_and_offset() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert clock(datetime(2026, 7, 1, tzinfo=UTC), berlin) == "02:00:00 CEST"
    assert stamp(datetime(2026, 12, 1, tzinfo=UTC), berlin) == "2026-12-01 01:00:00 +01:00"


@pytest.mark.parametrize(("number", "text"), [(0, "0 rows"), (1, "1 row"), (5_112_402, "5,112,402 rows")])
def test_many_things_are_told_in_groups_of_three_digits(number: int, text: str) -> None:
    assert count(number, "row") == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (Until(time=datetime(2026, 11, 22, 5, 30, tzinfo=UTC)), "2026-11-22 14:30:00 +09:00"),
        (Until(gtid="0-10-4"), "0-10-4 and with it"),
        (Until(before="0-10-4"), "just before 0-10-4"),
        (Until(position=Position("bin.000002", 110)), "bin.000002 at 110"),
    ],
)
def test_a_moment_has_its_words(moment: Until, text: str) -> None:
    assert until(moment, ZoneInfo("Asia/Seoul")) == text
