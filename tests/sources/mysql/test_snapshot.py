"""Stopping commits: short, retried, and never for ever."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pymysql
import pytest

from workers.errors import Permanent
from workers.sources.mysql import snapshot as module
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.engines import Still
from workers.sources.mysql.session import Session, rows
from workers.sources.mysql.snapshot import snapshot


def _open(ground, name: str, lock_wait: int = 60):
    target = ground.target(name, lock_wait=lock_wait)
    return snapshot(target, lambda: iter(()), Still(target, target.connect(name), ()))


def test_commits_go_on_as_soon_as_it_is_open_and_are_not_seen(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    with _open(ground, name) as opened:
        ground.execute("INSERT INTO t VALUES (1)", database=name)
        assert rows(opened.reader, "SELECT COUNT(*) FROM t") == [(0,)]


def test_position_gtid_and_instant_are_those_of_the_server(ground) -> None:
    name = ground.database()
    with _open(ground, name) as opened:
        file, offset = ground.execute("SHOW MASTER STATUS" if ground.maria else "SHOW BINARY LOG STATUS")[0][:2]
        gtid = ground.execute(f"SELECT @@GLOBAL.{'gtid_binlog_pos' if ground.maria else 'gtid_executed'}")[0][0]
        assert (opened.position.file, opened.position.offset, opened.position.gtid) == (file, offset, gtid.replace("\n", ""))
        assert abs(opened.instant.timestamp() - time.time()) < 5


def test_a_lock_that_is_not_granted_is_given_up_quickly_and_asked_for_again(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    holder = ground.server.connect(name)
    rows(holder, "LOCK TABLES t WRITE" if not ground.maria else "BACKUP STAGE START")
    timer = threading.Timer(1.5, rows, (holder, "BACKUP STAGE END" if ground.maria else "UNLOCK TABLES"))
    timer.start()
    started = time.monotonic()
    with closing(holder), _open(ground, name):
        assert time.monotonic() - started > 1.4
        timer.join()


def test_a_lock_that_never_comes_is_told_and_writers_go_on(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); CREATE TABLE free (i INT)")
    with closing(ground.server.connect(name)) as holder:
        rows(holder, "LOCK TABLES t WRITE" if not ground.maria else "BACKUP STAGE START")
        with pytest.raises(Permanent, match=r"within lock_wait = 2 s, in attempts of 0.3 s: .*SHOW PROCESSLIST"), _open(ground, name, 2):
            pass
        ground.execute("INSERT INTO free VALUES (1)", database=name)


def test_a_long_select_is_waited_for_and_then_named_before_anything_is_locked(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1)")
    with closing(ground.server.connect(name)) as slow:
        thread = threading.Thread(target=_until_killed, args=(slow, _long_select(ground)))
        thread.start()
        time.sleep(2.5)  # until it counts as long
        if ground.maria:  # grants its lock beside it
            with _open(ground, name, 2):
                ground.execute("INSERT INTO t VALUES (2)", "SELECT COUNT(*) FROM t", database=name)
        else:
            with pytest.raises(Permanent, match=r"a statement of 'root' \(connection \d+\) has run for \d+ s"), _open(ground, name, 2):
                pass
            ground.execute("INSERT INTO t VALUES (2)", "SELECT COUNT(*) FROM t", database=name)
        assert thread.is_alive()
        ground.execute(f"KILL QUERY {slow.thread_id()}")
        thread.join()


def test_no_writer_is_held_up_for_longer_than_the_settings_say(ground) -> None:
    """Generously: on a machine with nothing else to do it is some 50 ms, see `mysql.held` of the benchmark."""
    wait, name = 10, ground.database("CREATE TABLE t (i INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0)")
    with _writing(ground, name) as stalls:
        for _ in range(5):
            with open_dump(ground.target(name, lock_wait=wait), 2) as dump:
                assert 0 < dump.snapshot.held <= wait
                list(dump.parts())
    assert len(stalls) > 5
    assert max(stalls) <= wait


def test_no_writer_is_held_up_for_longer_by_a_lock_that_never_comes(ground) -> None:
    wait, name = 3, ground.database("CREATE TABLE t (i INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0); CREATE TABLE held (i INT)")
    with closing(ground.server.connect(name)) as holder, _writing(ground, name) as stalls:
        rows(holder, "LOCK TABLES held WRITE" if not ground.maria else "BACKUP STAGE START")
        with pytest.raises(Permanent, match=rf"lock_wait = {wait} s"), _open(ground, name, wait):
            pass
    assert len(stalls) > 5
    assert max(stalls) <= wait


@contextmanager
def _writing(ground, name: str) -> Iterator[list[float]]:
    """A writer while the block runs, and how long each of its transactions took, in seconds."""
    stalls, stop = list[float](), threading.Event()

    def write() -> None:
        with closing(ground.server.connect(name)) as session:
            while not stop.is_set():
                began = time.monotonic()
                rows(session, "UPDATE t SET n = n + 1")
                stalls.append(time.monotonic() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield stalls
    finally:
        stop.set()
        thread.join()


def _until_killed(session: Session, statement: str) -> None:
    with suppress(pymysql.MySQLError):
        rows(session, statement)


def _long_select(ground) -> str:
    """A statement that works for minutes with its table open."""
    return "SELECT BENCHMARK(3000000000, SHA2('x', 256)) FROM t" if not ground.maria else "SELECT BENCHMARK(3000000000, SHA1('x')) FROM t"


def test_who_sleeps_is_no_long_statement_unless_it_holds_a_table(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1)")
    with closing(ground.server.connect(name)) as idle, closing(ground.server.connect(name)) as holder:
        sleepers = {idle: "SELECT SLEEP(30)", holder: "SELECT SLEEP(30) FROM t"}
        threads = [threading.Thread(target=_until_killed, args=sleeper) for sleeper in sleepers.items()]
        for thread in threads:
            thread.start()
        time.sleep(2.5)
        mine = {session.thread_id() for session in sleepers}
        assert {row[0] for row in ground.execute(module._LONG)} & mine == {holder.thread_id()}
        ground.execute(*(f"KILL QUERY {number}" for number in mine))
        for thread in threads:
            thread.join()


@pytest.mark.only("mysql")
def test_ddl_that_is_going_on_is_waited_for_and_then_told(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    target = ground.target(name, lock_wait=1)
    with closing(ground.server.connect(name)) as reader, closing(ground.server.connect(name)) as altering:
        rows(reader, "START TRANSACTION")
        rows(reader, "SELECT * FROM t")
        thread = threading.Thread(target=_until_killed, args=(altering, "ALTER TABLE t ADD COLUMN j INT, ALGORITHM=COPY"))
        thread.start()
        time.sleep(0.5)
        told = r"DDL on .* could not be held off within lock_wait = 1 s: an ALTER is going on"
        with ground.session(name) as guard, pytest.raises(Permanent, match=told):
            module.keep_ddl_away(target, guard)
        rows(reader, "COMMIT")
        thread.join()


def test_without_a_binary_log_there_is_no_position(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rows", lambda session, sql: [] if "STATUS" in sql else rows(session, sql))
    with _open(ground, ground.database()) as opened:
        assert opened.position is None
