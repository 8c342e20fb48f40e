"""Stopping commits: short, retried, and never for ever."""

import threading
import time
from contextlib import closing

import pytest

from workers.errors import Permanent
from workers.sources.mysql import snapshot as module
from workers.sources.mysql.session import rows
from workers.sources.mysql.snapshot import snapshot


def _open(ground, name: str):
    return snapshot(ground.target(name), lambda: iter(()))


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


def test_a_lock_that_never_comes_is_told_and_writers_go_on(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ATTEMPTS", 2)
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); CREATE TABLE free (i INT)")
    with closing(ground.server.connect(name)) as holder:
        rows(holder, "LOCK TABLES t WRITE" if not ground.maria else "BACKUP STAGE START")
        with pytest.raises(Permanent, match=r"could not be stopped in 2 attempts of 0.3 s: .*SHOW PROCESSLIST"), _open(ground, name):
            pass
        ground.execute("INSERT INTO free VALUES (1)", database=name)


def test_without_a_binary_log_there_is_no_position(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rows", lambda session, sql: [] if "STATUS" in sql else rows(session, sql))
    with _open(ground, ground.database()) as opened:
        assert opened.position is None
