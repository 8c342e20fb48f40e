"""A busy server is left alone: a dump waits before it begins, says for what, and gives up in the end; lanes wait for the first."""

import os

import pytest

from tests.spool.test_pace import Clock
from tests.test_command import io_priority, niceness
from workers.artifact import Role
from workers.command import IDLE, Manners
from workers.errors import Permanent
from workers.gentle import Ceiling, Gentle, silent
from workers.plans import Throttle
from workers.sources.mysql import pressure as module
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.pressure import pressure, read
from workers.sources.mysql.source import MysqlSource
from workers.spool.pace import Pace

ROWS = "".join(
    f"CREATE TABLE t{n} (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT); INSERT INTO t{n} (v) VALUES (REPEAT('x', 900));"
    + f"INSERT INTO t{n} (v) SELECT v FROM t{n};" * 11
    for n in range(3)
)


def test_how_many_threads_run_is_asked_without_any_privilege(ground) -> None:
    with ground.target("mysql", ground.account()).connect() as session:
        assert read(session, "Threads_running") >= 1


@pytest.mark.parametrize(("counter", "told"), [("Threads_runing", "is not there"), ("Rpl_semi_sync_master_status", "")])
def test_a_counter_that_tells_nothing_is_named(ground, counter: str, told: str) -> None:
    with ground.session("mysql") as session, pytest.raises(Permanent, match=rf"{counter} .*{told}.*name a number of it in throttle.load"):
        read(session, counter)


def test_a_dump_waits_while_the_server_is_busy_and_says_so(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, said = [57, 57, 41, 41, 40], list[str]()  # each is asked for to decide, and then to be told
    monkeypatch.setattr(module, "read", lambda session, counter: answers.pop(0))
    monkeypatch.setattr(module, "_LOOK", 0)
    with pressure(ground.target("mysql"), Ceiling("Threads_running", 40, 600)) as found:
        found.wait(Gentle(tell=said.append))
    words = "Threads_running of the server is {}, and the plan allows 40"
    assert said == [words.format(57), words.format(41), ""]


def test_a_server_that_stays_busy_fails_the_dump_before_anything_is_locked(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    gentle = Gentle(ceiling=Ceiling("Connections", 1, 0))
    told = r"Connections of the server is \d+, and the plan allows 1 .*waited for 0 s, and nothing was read"
    with pytest.raises(Permanent, match=told), open_dump(ground.target(name), 2, gentle):
        pass
    ground.execute("ALTER TABLE t ADD COLUMN j INT", database=name)


def test_while_the_server_is_busy_only_the_first_lane_reads_and_reads_it_all(ground) -> None:
    busy = [False]
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        object.__setattr__(dump, "busy", lambda: busy[0])
        part = next(part for part in dump.parts() if part.role is Role.DATA)
        busy[0] = True
        assert [next(blocks).data for blocks in part.beside] == [b"", b""]
        assert {table for block in part.blocks for table in block.objects} == {"t0", "t1", "t2"}
        busy[0] = False
        assert [list(blocks) for blocks in part.beside] == [[], []]


def test_lanes_go_on_as_soon_as_it_is_busy_no_more(ground) -> None:
    busy = [True]
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        object.__setattr__(dump, "busy", lambda: busy[0])
        part = next(part for part in dump.parts() if part.role is Role.DATA)
        assert next(part.beside[0]).data == b""
        busy[0] = False
        assert len({table for block in part.beside[0] for table in block.objects}) == 3


def test_the_programs_of_a_dump_are_as_nice_as_they_are_told(ground) -> None:
    nice = os.getpriority(os.PRIO_PROCESS, 0) + 2
    target = ground.target(ground.database(ROWS))
    source = MysqlSource(target.options, target.password, 2, Gentle(Manners(nice, (IDLE, 0))))
    with source._dump() as dump:
        pids = [stream.pid for stream in dump.snapshot.streams]
        assert [niceness(pid) for pid in pids] == [nice, nice]
        assert {io_priority(pid)[0] for pid in pids} == {IDLE}


def test_a_real_dump_keeps_to_its_rate_over_all_streams(ground) -> None:
    clock, came = Clock(), list[tuple[float, int]]()
    pace = Pace(Throttle(rate="1MiB").rate, clock, clock.sleep)
    with open_dump(ground.target(ground.database(ROWS)), 3) as dump:
        part = pace.keep(next(part for part in dump.parts() if part.role is Role.DATA))
        readers = [part.blocks, *part.beside]
        while readers:
            for blocks in tuple(readers):
                if (block := next(blocks, None)) is None:
                    readers.remove(blocks)
                elif block.data:
                    came.append((clock.now, len(block.data)))
    total, span = sum(size for _, size in came), came[-1][0] - came[0][0]
    assert total > 5 << 20
    assert total - came[-1][1] <= span * (1 << 20) + 1
    for first in range(len(came)):
        window = [size for moment, size in came[first:] if moment < came[first][0] + 1.0]
        assert sum(window) - max(window) <= 1 << 20


def test_the_doctor_tells_the_load_beside_what_is_allowed(ground) -> None:
    target = ground.target(ground.database())
    source = MysqlSource(target.options, target.password, gentle=Gentle(ceiling=Ceiling("Threads_running", 40, 1)))
    found = {finding.what: finding for finding in source.check()}["load"]
    assert found.ok
    assert found.found.endswith("the plan allows 40")
    wrong = MysqlSource(target.options, target.password, gentle=Gentle(ceiling=Ceiling("Nonsense", 40, 1), tell=silent))
    found = {finding.what: finding for finding in wrong.check()}["load"]
    assert not found.ok
