"""The window for people: from when to when, why not further, and how much would be lost now."""

from datetime import timedelta

from tests.catalog.test_recovery import History, at, found
from tests.views.test_tables import SEOUL, shown
from workers.views import windows
from workers.views.windows import Asked

HISTORY = History((2, 2, 2))
FULL = HISTORY.full(0, 1)
WHOLE = found(FULL, *(HISTORY.bundle(index) for index in range(3)))
BROKEN = found(FULL, HISTORY.bundle(0), HISTORY.bundle(2, gap="bin.000002 was purged"))


def asked(second: float, objective: timedelta | None = None) -> Asked:
    return Asked("community", at(second), SEOUL, objective)


def test_a_window_is_told_in_the_zone_of_the_settings() -> None:
    text = windows.sentence(WHOLE, asked(60))
    assert "any moment from 2026-11-22 21:00:01 +09:00 to 2026-11-22 21:00:08 +09:00" in text


def test_the_rpo_now_is_the_distance_from_the_end_of_the_window() -> None:
    assert "RPO now 2 min, objective 1 h" in windows.sentence(WHOLE, asked(128.9, timedelta(hours=1)))
    assert "✗" not in windows.sentence(WHOLE, asked(128.9, timedelta(hours=1)))
    assert windows.sentence(WHOLE, asked(9000, timedelta(hours=1))).endswith("objective 1 h  ✗")


def test_a_gap_stands_beside_the_full_whose_logs_it_ends() -> None:
    text = shown(windows.table(BROKEN, SEOUL))
    assert "bin.000002 was purged" in text
    assert FULL.id in text


def test_a_full_without_logs_is_one_moment() -> None:
    assert "this moment only" in shown(windows.table(found(FULL), SEOUL))
    assert "the moment      2026-11-22 21:00:01 +09:00" in windows.sentence(found(FULL), asked(60))


def test_without_a_full_it_says_what_would_make_a_window() -> None:
    assert windows.sentence([], asked(0)) == 'community has no full backup yet: backup("community")'
