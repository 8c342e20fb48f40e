"""Log files one after another."""

import struct
from pathlib import Path

import pytest

from tests.sources.mysql.replay import logs as make
from tests.sources.mysql.replay.logs import Logs
from workers.artifact import Position
from workers.errors import Refused
from workers.sources.mysql.replay.chain import chain, walk
from workers.sources.mysql.replay.events import Kind

BEGIN = Position("bin.000001", 4)


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    found = Logs(tmp_path)
    for number in range(1, 5):
        found.add([make.rows(number, "community")])
    return found


def test_transactions_come_in_order_over_all_files(logs: Logs) -> None:
    assert [found.gtid[-1] for found in walk(chain(logs.folder, BEGIN))] == ["1", "2", "3", "4"]


def test_it_begins_at_the_full_backups_position_and_not_at_its_file(logs: Logs) -> None:
    first = next(walk(chain(logs.folder, BEGIN)))
    begin = Position("bin.000001", first.end)
    assert [found.gtid[-1] for found in walk(chain(logs.folder, begin))] == ["2", "3", "4"]


def test_logs_from_before_the_full_are_not_read(logs: Logs) -> None:
    (logs.folder / "bin.000001").write_bytes(b"damaged")
    assert [path.name for path in chain(logs.folder, Position("bin.000002", 4)).files] == ["bin.000002", "bin.000003", "bin.000004"]


@pytest.mark.parametrize("missing", ["bin.000002", "bin.000003"])
def test_a_missing_log_is_a_gap_and_named(logs: Logs, missing: str) -> None:
    (logs.folder / missing).unlink()
    with pytest.raises(Refused, match=f"there is a gap in the logs: .* {missing} is missing"):
        chain(logs.folder, BEGIN)


def test_a_log_that_was_not_closed_is_a_gap_and_named(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.add([make.rows(1, "community")], closed=False)
    logs.add()
    with pytest.raises(Refused, match=r"bin\.000001 was not closed by its server"):
        chain(tmp_path, BEGIN)


def executed(last: int) -> bytes:
    """What a log says that was executed before it: the transactions up to this one."""
    return make.event(Kind.PREVIOUS_GTIDS, struct.pack("<Q16sQQQ", 1, make.SOURCE.bytes, 1, 1, last + 1) if last else bytes(8))


@pytest.mark.parametrize(("before", "joined"), [(1, True), (2, False)])
def test_after_a_crash_gtids_have_to_prove_that_nothing_is_missing(tmp_path: Path, before: int, joined: bool) -> None:
    logs = Logs(tmp_path)
    logs.add([executed(0), make.rows(1, "community")], closed=False)
    logs.add([executed(before), make.rows(before + 1, "community")])
    if joined:
        assert [found.gtid[-1] for found in walk(chain(tmp_path, BEGIN))] == ["1", "2"]
    else:
        with pytest.raises(Refused, match="was not closed by its server"):
            chain(tmp_path, BEGIN)


def test_a_stopped_server_closes_its_log_too(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.add([make.rows(1, "community"), make.event(3)], closed=False)
    logs.add([make.rows(2, "community")])
    assert len(list(walk(chain(tmp_path, BEGIN)))) == 2


def test_logs_that_cannot_be_joined_to_the_full_are_refused(logs: Logs) -> None:
    with pytest.raises(Refused, match=r"bin\.000007, in which the full backup's position lies, is not among the logs \(bin\.000001 to"):
        chain(logs.folder, Position("bin.000007", 4))


def test_what_is_no_log_is_passed_over_and_many_logs_are_counted_beyond_six_digits(tmp_path: Path) -> None:
    for name, after in (("bin.999999", "bin.1000000"), ("bin.1000000", "bin.1000001")):
        (tmp_path / name).write_bytes(make.described() + make.rotate(after))
    (tmp_path / "bin.index").write_text("x")
    assert [path.name for path in chain(tmp_path, Position("bin.999999", 4)).files] == ["bin.999999", "bin.1000000"]
