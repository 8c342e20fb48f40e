"""The way to a moment, proven before anything is started."""

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.sources.mysql.replay import logs as make
from tests.sources.mysql.replay.logs import Logs
from workers.artifact import Facts, Position, Until
from workers.errors import Refused
from workers.sources.mysql.replay.events import Kind
from workers.sources.mysql.replay.path import prove_path, wished
from workers.sources.mysql.scratch.options import MIB

NOON = datetime.fromtimestamp(make.NOON, UTC)
EXTRAS = (("lower_case_table_names", "1"), ("server_id", "97"))
FULL = Facts("3e11fa47", "mysql", "9.7.4", "community", NOON, position=Position("bin.000001", 4), extras=EXTRAS)


def noon(seconds: float) -> Until:
    return Until(time=NOON + timedelta(seconds=seconds))


def with_gtids(gtids: str) -> Facts:
    return replace(FULL, position=Position("bin.000001", 4, gtids))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    logs = Logs(tmp_path)
    for number in (1, 2, 3):
        logs.add([make.rows(number, "community", second=number * 2)], begun=number * 2)
    return tmp_path


def test_a_path_knows_its_end_and_how_much_is_read(folder: Path) -> None:
    path = prove_path(FULL, folder, noon(4.5))
    assert path.stop.last is not None
    assert path.stop.last.gtid == f"{make.SOURCE}:2"
    assert path.bytes == sum((folder / f"bin.00000{number}").stat().st_size for number in (1, 2))


def test_a_gap_is_refused_before_anything_is_started(folder: Path) -> None:
    (folder / "bin.000002").unlink()
    with pytest.raises(Refused, match=r"a gap in the logs.*bin\.000002 is missing"):
        prove_path(FULL, folder, noon(1))


def test_a_moment_before_the_full_is_refused_with_both_times(folder: Path) -> None:
    with pytest.raises(Refused, match=r"2026-11-23 11:59:59 UTC is before this full backup \(2026-11-23 12:00:00 UTC\)"):
        prove_path(FULL, folder, noon(-1))


def test_a_moment_in_the_future_is_refused(folder: Path) -> None:
    with pytest.raises(Refused, match="lies in the future"):
        prove_path(FULL, folder, Until(time=datetime.now(UTC) + timedelta(hours=1)))


def test_a_moment_after_the_last_log_is_refused_with_the_end(folder: Path) -> None:
    with pytest.raises(Refused, match="they end at 2026-11-23 12:00:30 UTC"):
        prove_path(FULL, folder, noon(31))


def test_logs_of_the_other_flavour_are_refused(folder: Path) -> None:
    with pytest.raises(Refused, match=r"bin\.000001 is of mysql 9\.7\.4, the full backup of mariadb 10\.11\.6: they cannot be mixed"):
        prove_path(replace(FULL, flavour="mariadb", version="10.11.6"), folder, noon(1))


def test_a_log_of_the_same_name_from_another_server_is_refused(tmp_path: Path) -> None:
    before = struct.pack("<Q16sQQQ", 1, make.SOURCE.bytes, 1, 1, 8)  # transactions 1 to 7
    Logs(tmp_path).add([make.event(Kind.PREVIOUS_GTIDS, before), make.rows(8, "community", second=1)])
    with pytest.raises(Refused, match=rf"is not the log that the full backup's position is in: {make.SOURCE}:6-7 was executed before"):
        prove_path(with_gtids(f"{make.SOURCE}:1-5"), tmp_path, noon(2))
    assert prove_path(with_gtids(f"{make.SOURCE}:1-7"), tmp_path, noon(2)).stop.last


def test_a_full_from_a_server_without_a_log_is_refused(folder: Path) -> None:
    with pytest.raises(Refused, match="knows no position in a binary log"):
        prove_path(replace(FULL, position=None), folder, noon(1))


def test_the_scratch_server_is_wished_for_as_the_live_one_is(folder: Path, tmp_path: Path) -> None:
    path = prove_path(FULL, folder, noon(1))
    wish = wished(path, tmp_path, None, 5 * MIB)
    assert (wish.flavour, wish.version, wish.server_id, wish.database) == ("mysql", "9.7.4", 97, "community")
    assert wish.extra == (("lower_case_table_names", "1"),)
    assert wish.room == 5 * MIB + 2 * path.bytes
    assert path.target.folded
