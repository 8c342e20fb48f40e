"""Names in backups, as tables."""

from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console

from workers.ports import Difference, Found
from workers.views import names

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
OLD, NEW = Found("a/report.pdf", 2048, MONDAY.replace(day=22)), Found("a/report.pdf", 4096, MONDAY, "changed while it was read")


def text(table) -> str:
    out = StringIO()
    Console(file=out, width=200).print(table)
    return out.getvalue()


def test_each_state_of_a_name_comes_once_with_the_newest_backup_that_holds_it_the_newest_state_first():
    found = names.gathered("uploads", [("third", [NEW]), ("second", [OLD]), ("first", [OLD])])
    assert [(state.found, state.backups) for state in found] == [(NEW, ("third",)), (OLD, ("second", "first"))]


def test_a_sighting_shows_size_time_and_what_was_wrong():
    shown = text(names.sightings(names.gathered("uploads", [("20261123T090000Z-full-9f3a11c2", [NEW])]), ZoneInfo("Asia/Seoul")))
    for word in ("a/report.pdf", "uploads", "4.0 KiB", "18:00", "20261123T090000Z-full-9f3a11c2", "1 backup", "changed while it was read"):
        assert word in shown


def test_a_difference_is_a_line():
    assert text(names.differences([Difference("a", "is not there")])).split() == ["name", "a", "is", "not", "there"]
