"""A moment as the exact place where a replay ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.mysql.replay import logs as make
from tests.sources.mysql.replay.logs import Logs
from workers.artifact import Position, Until
from workers.errors import Refused
from workers.sources.mysql.replay.chain import Chain, chain
from workers.sources.mysql.replay.moments import Stop, reach, stop

NOON = datetime.fromtimestamp(make.NOON, UTC)


def noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def logs(tmp_path: Path) -> Chain:
    """Nine transactions, three in each log, committed at 1.5, 2.5, … seconds after noon; the last log was closed at 30."""
    found = Logs(tmp_path)
    for first in (1, 4, 7):
        found.add([make.rows(number, "c", second=number + 0.5) for number in range(first, first + 3)], begun=first)
    return chain(tmp_path, Position("bin.000001", 4))


def last(found: Stop) -> int:
    """The number of the last transaction before it."""
    return int(found.last.gtid.rpartition(":")[2]) if found.last else 0


@pytest.mark.parametrize(("second", "number"), [(0, 0), (1.499999, 0), (1.5, 1), (3.6, 3), (4.49, 3), (4.5, 4), (9.5, 9), (29, 9), (30, 9)])
def test_a_time_is_the_last_transaction_committed_at_or_before_it(logs: Chain, second: float, number: int) -> None:
    found = stop(logs, Until(time=noon(second)))
    assert last(found) == number
    assert (found.first_left is None) == (number == 9)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.integers(0, 5_000_000), min_size=1, max_size=12), at=st.integers(0, 40_000_000), cut=st.integers(1, 5))
def test_whatever_the_times_all_before_and_none_behind(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], at: int, cut: int
) -> None:
    times, folder = [sum(steps[: end + 1]) for end in range(len(steps))], tmp_path_factory.mktemp("logs")
    made = Logs(folder, seconds=100)
    for begin in range(0, len(times), cut):
        part = times[begin : begin + cut]
        made.add([make.rows(begin + number, "c", second=time / 1e6) for number, time in enumerate(part, 1)], begun=part[0] // 1_000_000)
    found = stop(chain(folder, Position("bin.000001", 4)), Until(time=NOON + timedelta(microseconds=at)))
    assert last(found) == sum(time <= at for time in times)


def test_a_time_that_the_logs_do_not_reach_is_refused_with_what_they_reach(logs: Chain) -> None:
    assert reach(logs) == noon(30)
    with pytest.raises(Refused, match=r"do not reach 2026-11-23 12:00:31 UTC: they end at 2026-11-23 12:00:30 UTC; the last .*:9 2026"):
        stop(logs, Until(time=noon(31)))


def test_mariadb_logs_seconds_so_the_asked_second_itself_is_left_out(tmp_path: Path) -> None:
    found = Logs(tmp_path)
    found.add([make.mariadb_gtid(number, number) + make.query("BEGIN", second=number) + make.xid(number) for number in range(1, 5)])
    ends = [stop(chain(tmp_path, Position("bin.000001", 4)), Until(time=noon(second))).last for second in (3, 3.5, 4)]
    assert [mark.gtid if mark else None for mark in ends] == ["0-97-2", "0-97-2", "0-97-3"]


def test_logs_without_a_transaction_for_a_while_do_not_hide_the_last_one(tmp_path: Path) -> None:
    found = Logs(tmp_path)
    found.add([make.rows(1, "c", second=1)])
    for begun in range(2, 9):
        found.add(begun=begun)
    assert last(stop(chain(tmp_path, Position("bin.000001", 4)), Until(time=noon(8.5)))) == 1


def test_a_gtid_is_the_last_one_taken_and_before_the_first_one_left(logs: Chain) -> None:
    name = f"{make.SOURCE}:5"
    assert last(stop(logs, Until(gtid=name.upper()))) == 5
    assert last(stop(logs, Until(before=name))) == 4
    assert stop(logs, Until(before=f"{make.SOURCE}:1")).position == logs.begin


def test_a_gtid_that_is_not_there_is_refused_with_the_last_that_is(logs: Chain) -> None:
    with pytest.raises(Refused, match=rf":10 is not in the logs .* the last transaction in them is {make.SOURCE}:9"):
        stop(logs, Until(gtid=f"{make.SOURCE}:10"))


def test_a_position_between_two_transactions_is_taken(logs: Chain) -> None:
    five = stop(logs, Until(gtid=f"{make.SOURCE}:5"))
    assert stop(logs, Until(position=five.position)) == five
    assert last(stop(logs, Until(position=Position("bin.000002", 4)))) == 3
    assert last(stop(logs, Until(position=Position("bin.000003", 1 << 40)))) == 9


def test_a_position_in_a_log_without_transactions_is_behind_the_last_one_before(tmp_path: Path) -> None:
    found = Logs(tmp_path)
    for parts in ([make.rows(1, "c")], [], [], [make.rows(2, "c")]):
        found.add(parts)
    end = stop(chain(tmp_path, Position("bin.000001", 4)), Until(position=Position("bin.000003", 4)))
    assert (last(end), end.first_left and end.first_left.gtid) == (1, f"{make.SOURCE}:2")


def test_a_position_inside_of_a_transaction_is_refused_with_both_ends(logs: Chain) -> None:
    five = stop(logs, Until(gtid=f"{make.SOURCE}:5")).position
    with pytest.raises(
        Refused, match=rf"bin\.000002 at {five.offset - 1} is inside of a transaction; give \d+, where it begins, or {five.offset}"
    ):
        stop(logs, Until(position=Position(five.file, five.offset - 1)))


def test_a_position_before_the_full_or_in_no_log_is_refused(logs: Chain) -> None:
    later = Chain(logs.files, stop(logs, Until(gtid=f"{make.SOURCE}:2")).position)
    with pytest.raises(Refused, match="is before the full backup"):
        stop(later, Until(position=Position("bin.000001", 4)))
    with pytest.raises(Refused, match=r"bin\.000009 is not among the logs \(bin\.000001 to bin\.000003\)"):
        stop(later, Until(position=Position("bin.000009", 4)))


@pytest.mark.parametrize("until", [Until(), Until(gtid="a:1", before="a:1")])
def test_exactly_one_moment_is_asked_for(logs: Chain, until: Until) -> None:
    with pytest.raises(Refused, match="exactly one of"):
        stop(logs, until)
