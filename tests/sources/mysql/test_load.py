"""One segment over its own connection: wholly or not at all, never twice, and told in the server's own words."""

import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from pydantic import SecretStr

from tests.sources.mysql.restoring import big, depart, piece
from workers.artifact import Count, Role
from workers.errors import Corrupt, Permanent, Transient
from workers.sources.mysql import load, restore
from workers.sources.mysql.place import LOADED
from workers.sources.mysql.session import rows

SIMPLE = "CREATE TABLE t (i INT, s VARCHAR(20)); INSERT INTO t VALUES (1, 'one');"
KEYED = "CREATE TABLE t (i INT PRIMARY KEY, s LONGTEXT)"


def _ready(ground, sql: str):
    """A journey whose tables stand, and its order."""
    journey = depart(ground, sql)
    order = journey.order()
    journey.prepare(order)
    return journey, order


def _piece(ground, sql: str, number: int = 7):
    return piece(ground.folder, number, Role.DATA, sql.encode())


def _count(ground, order, table: str = "t") -> object:
    return ground.execute(f"SELECT COUNT(*) FROM {table}", database=order.into)[0][0]


def _await(ground, into: str, statement: str) -> object:
    """The connection that runs such a statement in a database, as soon as it does."""
    asleep = f"SELECT id FROM information_schema.processlist WHERE db = '{into}' AND info LIKE '{statement}'"
    for _ in range(400):
        if found := ground.execute(asleep):
            return found[0][0]
        time.sleep(0.05)
    raise AssertionError(f"nobody runs {statement}")


def test_a_segment_that_comes_again_is_loaded_once(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    journey.load(order)
    journey.load(order)
    assert _count(ground, order) == 1


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_loads_all(ground) -> None:
    journey, order = _ready(ground, big(20))
    segment, plain = journey.of(Role.DATA)[0]
    slow = plain.with_suffix(".slow")
    slow.write_bytes(plain.read_bytes() + b"INSERT INTO big SELECT 1, SLEEP(2);\n")
    worker = multiprocessing.get_context("spawn").Process(target=restore.load, args=(journey.server, order, segment, slow))
    worker.start()
    _await(ground, order.into, "INSERT %SLEEP(%")
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    journey.load(order)
    assert journey.finish(order).counts == (Count("big", 2000),)


def test_a_server_that_goes_away_is_worth_another_try(ground) -> None:
    journey, order = _ready(ground, KEYED)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(journey.load, order, [_piece(ground, "INSERT INTO t SELECT 1, SLEEP(20);\n")])
        ground.execute(f"KILL CONNECTION {_await(ground, order.into, 'INSERT %SLEEP(%')}")
        with pytest.raises(Transient, match=r"segment 7 \(t\) was not loaded: Lost connection .*\(2013\)"):
            loading.result()


def test_a_second_loader_waits_for_the_first_and_finds_its_rows(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    with closing(ground.server.connect(order.into)) as first, ThreadPoolExecutor(1) as pool:
        rows(first, "SET autocommit = 0")
        rows(first, f"INSERT INTO {LOADED} VALUES (2)")
        rows(first, "INSERT INTO t VALUES (1, 'one')")
        second = pool.submit(journey.load, order)
        _await(ground, order.into, f"INSERT INTO `{LOADED}`%")
        rows(first, "COMMIT")
        second.result()
    assert _count(ground, order) == 1


def test_a_refused_statement_is_told_with_its_segment_and_the_servers_words_but_without_the_rows(ground) -> None:
    journey, order = _ready(ground, KEYED)
    data = ", ".join(f"({n}, 'top secret {n:0>900}')" for n in (*range(2000), 1999))
    with pytest.raises(Permanent, match=r"^segment 7 \(t\) was not loaded: .*'1999'.* \(1062\)$") as told:
        journey.load(order, [_piece(ground, f"INSERT INTO t VALUES {data};\n")])
    assert "secret" not in told.value.reason
    assert (_count(ground, order), _count(ground, order, LOADED)) == (0, 0)


def test_a_row_longer_than_the_server_takes_is_told_with_the_setting(ground) -> None:
    journey, order = _ready(ground, KEYED)
    ground.execute("SET GLOBAL max_allowed_packet = 1048576")
    try:
        with pytest.raises(Permanent, match=r"a statement has 2,000,0.. bytes, .* takes 1,048,576; .* SET GLOBAL max_allowed"):
            journey.load(order, [_piece(ground, f"INSERT INTO t VALUES (1, '{'x' * 2_000_000}');\n")])
    finally:
        ground.execute("SET GLOBAL max_allowed_packet = 67108864")
    assert _count(ground, order, LOADED) == 0


def test_a_segment_that_was_cut_off_is_not_loaded(ground) -> None:
    journey, order = _ready(ground, KEYED)
    with pytest.raises(Corrupt, match=r"ends inside a statement"):
        journey.load(order, [_piece(ground, "INSERT INTO t VALUES (1, 'a');\nINSERT INTO t VALUES (2, 'b")])
    assert _count(ground, order) == 0


def test_a_wrong_password_is_named(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    user = ground.account("ALL ON *.*")
    server = replace(ground.target(journey.facts.place, user), password=SecretStr("wrong"))
    with pytest.raises(Permanent, match=f"refuses user '{user}' or its password"):
        restore.load(server, order, *journey.of(Role.DATA)[0])


def test_a_correction_that_the_server_refuses_is_told_with_its_segment(ground) -> None:
    journey, order = _ready(ground, KEYED)
    with pytest.raises(Permanent, match=r"segment 7 \(t\) was not loaded: .*nowhere.* \(1146\)"):
        load.corrections(journey.server, order, *_piece(ground, "UPDATE `nowhere` SET `f` = 1 WHERE `i` = 1;\n"))


def test_a_segment_for_a_place_without_a_restore_is_refused(ground) -> None:
    journey = depart(ground, SIMPLE)
    with pytest.raises(Permanent, match=f"segment 2 was not loaded: no restore is going on in {journey.facts.place}"):
        journey.load(journey.order(journey.facts.place))
    with pytest.raises(Permanent, match="loading segment 2 into nowhere: there is no such database"):
        journey.load(journey.order("nowhere"))


def test_a_table_without_transactions_is_loaded_once_and_never_doubled_after_a_lost_worker(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    journey, order = _ready(ground, "CREATE TABLE t (i INT) ENGINE=MyISAM; INSERT INTO t VALUES (1), (2);")
    journey.load(order)
    journey.load(order)
    assert _count(ground, order) == 2
    later = _piece(ground, "INSERT INTO t VALUES (3);\nINSERT INTO t VALUES (4);\n", 9)
    send = load._send
    monkeypatch.setattr(load, "_send", lambda session, segment, found: send(session, segment, _lost(found)))
    with pytest.raises(ConnectionError):
        restore.load(journey.server, order, *later)
    assert _count(ground, order) == 3
    monkeypatch.setattr(load, "_send", send)
    with pytest.raises(Permanent, match=r"segment 9 was begun by a worker that was lost, and t \(MyISAM\) cannot be rolled back; begin"):
        restore.load(journey.server, order, *later)
    assert _count(ground, order) == 3


def _lost(found):
    yield next(iter(found))
    raise ConnectionError
