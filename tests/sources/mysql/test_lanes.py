"""Lanes: every process is read once, whoever reads it, and none fails unseen."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contracts.source import children
from workers.errors import Permanent
from workers.sources.mysql.dump import MysqlDump, open_dump
from workers.spool import files
from workers.spool.cut import Cutter
from workers.spool.room import Room

ROWS = "".join(
    f"CREATE TABLE t{n} (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT); INSERT INTO t{n} (v) VALUES (REPEAT('x', 900));"
    + f"INSERT INTO t{n} (v) SELECT v FROM t{n};" * 13
    for n in range(3)
)


def _data(dump: MysqlDump):
    for part in dump.parts():
        if part.name == "data":
            return part.blocks, *part.beside
        list(part.blocks)
    raise AssertionError("no data")


def _tables(blocks) -> list[str]:
    return [name for block in blocks for name in block.objects]


def test_one_lane_read_alone_gives_everything(ground) -> None:
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        first, *beside = _data(dump)
        assert set(_tables(first)) == {"t0", "t1", "t2"}
        assert [list(lane) for lane in beside] == [[], []]


def test_lanes_read_at_once_give_every_table_once(ground) -> None:
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        with ThreadPoolExecutor(3) as pool:
            found = [set(tables) for tables in pool.map(_tables, _data(dump))]
        assert dump.facts().counts[0].rows == 8192
    assert sorted(table for tables in found for table in tables) == ["t0", "t1", "t2"]


def test_processes_take_turns_so_that_none_waits_for_long(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sources.mysql.lanes._TURN", 0)
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        first, *_ = _data(dump)
        tables = _tables(first)
    assert set(tables[:3]) == {"t0", "t1", "t2"}
    assert len(tables) > 6


def test_a_process_that_dies_before_its_turn_ends_the_dump_at_once(ground) -> None:
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        first, *_ = _data(dump)
        next(first)
        os.kill(dump.snapshot.streams[2].pid, signal.SIGKILL)
        time.sleep(0.1)
        with pytest.raises(Permanent, match="was killed by signal 9 in mid dump"):
            next(first)


def test_a_process_that_gives_nothing_is_told_as_alive(ground) -> None:
    with open_dump(ground.target(ground.database(ROWS)), 1) as dump:
        (lane,) = _data(dump)
        next(lane)
        os.kill(dump.snapshot.streams[0].pid, signal.SIGSTOP)
        threading.Timer(2, os.kill, (dump.snapshot.streams[0].pid, signal.SIGCONT)).start()
        assert b"" in [block.data for block in lane]


def test_a_killed_process_fails_a_dump_into_the_spool_and_nothing_is_left_of_it(ground, tmp_path: Path) -> None:
    room, before = Room(tmp_path / "spool", 96 << 20), threading.active_count()
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        os.kill(dump.snapshot.streams[1].pid, signal.SIGKILL)
        with pytest.raises(Permanent, match="was killed by signal 9"):
            _spool(dump, room)
    assert (room.used(), threading.active_count(), children()) == (0, before, [])


def _spool(dump: MysqlDump, room: Room) -> None:
    cutter = Cutter(room, "a1", lambda: None)
    for part in dump.parts():
        for segment in cutter.cut(part):
            files.remove(room, "a1", segment)
