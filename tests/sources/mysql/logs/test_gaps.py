"""Which logs come next, and every way in which what a server has now is not what was shipped of it."""

import pytest

from workers.artifact import Position
from workers.ports import Past
from workers.sources.mysql.logs.gaps import due
from workers.sources.mysql.logs.gtid import Gtids, parse
from workers.sources.mysql.logs.server import Listed

SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562"


def logs(*numbers: int, stem: str = "binlog", size: int = 100) -> tuple[Listed, ...]:
    return tuple(Listed(f"{stem}.{number:06}", size) for number in numbers)


def shipped(number: int, transactions: int = 5, size: int = 100) -> Past:
    return Past(Position(f"binlog.{number:06}", size, f"{SERVER}:1-{transactions}"))


def head(_: str) -> Gtids:
    """Every log begins where five transactions were executed."""
    return parse(f"{SERVER}:1-5")


def test_a_chain_begins_with_the_log_in_which_the_newest_full_stands() -> None:
    assert due(logs(5, 6, 7, 8), Past(full=Position("binlog.000007", 4)), head).logs == logs(7, 8)


@pytest.mark.parametrize("full", [None, Position("binlog.000002", 4)])
def test_without_a_full_in_the_logs_a_chain_begins_with_the_newest_closed_one(full: Position | None) -> None:
    found = due(logs(5, 6, 7), Past(full=full), head)
    assert (found.logs, found.gap) == (logs(7), "")


def test_what_was_shipped_is_not_due_again() -> None:
    found = due(logs(5, 6, 7, 8), shipped(6), head)
    assert (found.logs, found.gap) == (logs(7, 8), "")


@pytest.mark.parametrize(
    ("first", "missing"), [(8, "binlog.000007 was purged"), (9, "everything from binlog.000007 up to binlog.000009 was")]
)
def test_logs_that_were_purged_before_they_were_fetched_are_named(first: int, missing: str) -> None:
    found = due(logs(first, first + 1), shipped(6), head)
    assert found.gap.startswith(missing)
    assert "make a new full backup" in found.gap
    assert found.logs == logs(first, first + 1)


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        (logs(7, stem="mysql-bin"), r"called binlog.* and are called mysql-bin.* now"),
        (logs(1, 2), "no log after binlog.000006, the logs were reset"),
        (logs(5, 6), "no log after binlog.000006, the logs were reset"),
        (logs(6, 7, size=99), "binlog.000006 is not the file that was shipped"),
    ],
)
def test_logs_that_were_reset_are_all_due_and_the_gap_says_how_it_was_seen(closed: tuple[Listed, ...], why: str) -> None:
    found = due(closed, shipped(6), head)
    assert why in found.gap
    assert found.logs == closed


def test_a_log_of_the_next_number_that_does_not_go_on_where_the_last_ended_is_a_reset_too() -> None:
    found = due(logs(7), shipped(6, transactions=4), head)
    assert "binlog.000007 does not go on where binlog.000006 ended" in found.gap
