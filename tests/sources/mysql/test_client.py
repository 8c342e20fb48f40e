"""One segment through the client: wholly or not at all, never twice, and told in the server's own words."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.sources.mysql.restoring import big, depart, piece
from workers.artifact import Count, Role
from workers.errors import Permanent, Transient
from workers.sources.mysql import client, restore
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


def _clients(into: str) -> list[int]:
    """The running client processes of one restored database."""
    return list(_lines(into))


def _lines(into: str) -> dict[int, bytes]:
    """Process id and command line of each."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            found[int(path.parent.name)] = path.read_bytes()
    return {pid: line for pid, line in found.items() if f"--database={into}".encode() in line}


def _await_sleeper(ground, into: str) -> object:
    """The connection that sleeps in a database, as soon as it does."""
    asleep = f"SELECT id FROM information_schema.processlist WHERE db = '{into}' AND info LIKE 'INSERT %SLEEP(%'"
    for _ in range(400):
        if found := ground.execute(asleep):
            return found[0][0]
        time.sleep(0.05)
    raise AssertionError("nobody came to sleep")


def test_a_segment_that_comes_again_is_loaded_once(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    journey.load(order)
    journey.load(order)
    assert _count(ground, order) == 1


def test_a_client_killed_in_the_middle_leaves_nothing_and_the_next_one_loads_all(ground) -> None:
    journey, order = _ready(ground, big(20))
    segment, plain = journey.of(Role.DATA)[0]
    slow = plain.with_suffix(".slow")
    slow.write_bytes(plain.read_bytes() + b"INSERT INTO big SELECT 1, SLEEP(2);\n")
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(journey.load, order, [(segment, slow)])
        _await_sleeper(ground, order.into)
        for pid in _clients(order.into):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(Transient, match=rf"segment {segment.number} \(t\) was not loaded: the client was killed by signal 9"):
            loading.result()
    assert (_count(ground, order, "big"), _count(ground, order, LOADED)) == (0, 0)
    journey.load(order)
    assert journey.finish(order).counts == (Count("big", 2000),)


def test_a_server_that_goes_away_is_worth_another_try(ground) -> None:
    journey, order = _ready(ground, KEYED)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(journey.load, order, [_piece(ground, "INSERT INTO t SELECT 1, SLEEP(20);\n")])
        ground.execute(f"KILL CONNECTION {_await_sleeper(ground, order.into)}")
        with pytest.raises(Transient, match="ERROR 2013"):
            loading.result()


def test_a_second_client_waits_for_the_first_and_finds_its_rows(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    with closing(ground.server.connect(order.into)) as first, ThreadPoolExecutor(1) as pool:
        rows(first, "SET autocommit = 0")
        rows(first, f"INSERT INTO {LOADED} VALUES (2)")
        rows(first, "INSERT INTO t VALUES (1, 'one')")
        second = pool.submit(journey.load, order)
        while not _clients(order.into) and not second.done():
            time.sleep(0.02)
        time.sleep(1.5)
        rows(first, "COMMIT")
        second.result()
    assert _count(ground, order) == 1


def test_a_refused_statement_is_told_with_its_segment_and_the_servers_words_but_without_the_rows(ground) -> None:
    journey, order = _ready(ground, KEYED)
    data = ", ".join(f"({n}, 'top secret {n:0>900}')" for n in (*range(2000), 1999))
    with pytest.raises(Permanent, match=r"^segment 7 \(t\) was not loaded: the client ended with status 1: ERROR 1062 .*'1999'") as told:
        journey.load(order, [_piece(ground, f"INSERT INTO t VALUES {data};\n" + "-- more\n" * 100_000)])
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


def test_a_statement_that_was_cut_off_is_not_loaded(ground) -> None:
    journey, order = _ready(ground, KEYED)
    with pytest.raises(Permanent, match=r"segment 7 \(t\) was not loaded"):
        journey.load(order, [_piece(ground, "INSERT INTO t VALUES (1, 'a');\nINSERT INTO t VALUES (2, 'b")])
    assert _count(ground, order) == 0


def test_a_wrong_password_is_named_before_a_client_starts(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    user = ground.account("ALL ON *.*")
    server = replace(ground.target(journey.facts.place, user), password=SecretStr("wrong"))
    with pytest.raises(Permanent, match=f"refuses user '{user}' or its password"):
        restore.load(server, order, *journey.of(Role.DATA)[0])


def test_a_client_that_cannot_log_in_is_told(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    user = ground.account("ALL ON *.*")
    server = replace(ground.target(journey.facts.place, user), password=SecretStr("wrong"))
    with pytest.raises(Permanent, match="ended with status 1: ERROR 1045"):
        client.correct(server, order.into, *journey.of(Role.DATA)[0])


def test_the_password_is_in_no_argument(ground) -> None:
    journey, order = _ready(ground, SIMPLE)
    server = ground.target(journey.facts.place, ground.account("ALL ON *.*", password="Geheim-99"), "Geheim-99")
    slow, lines = _piece(ground, "DO SLEEP(1);\n"), list[bytes]()
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(restore.load, server, order, *slow)
        while not loading.done():
            lines += _lines(order.into).values()
        loading.result()
    assert lines
    assert not [line for line in lines if b"Geheim" in line]


def test_words_of_a_client_that_ended_well_are_a_failure(ground, fake) -> None:
    journey, order = _ready(ground, SIMPLE)
    tool = next(fake.iterdir())
    real = tool.resolve()
    tool.unlink()
    tool.write_text(f'#!/bin/sh\n[ "$1" = --version ] || echo "odd words" >&2\nexec {real} "$@"\n')
    tool.chmod(0o755)
    server = ground.target(journey.facts.place, tools=fake)
    with pytest.raises(Permanent, match="ended with status 0: odd words"):
        restore.load(server, order, *journey.of(Role.DATA)[0])


def test_a_client_that_loads_nothing_and_says_nothing_is_found_out(ground, fake) -> None:
    journey, order = _ready(ground, SIMPLE)
    tool = next(fake.iterdir())
    real = tool.resolve()
    tool.unlink()
    tool.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec {real} "$@"\nexit 0\n')
    tool.chmod(0o755)
    server = ground.target(journey.facts.place, tools=fake)
    with pytest.raises(Permanent, match="ended with status 0: no words"):
        restore.load(server, order, *journey.of(Role.DATA)[0])


def test_a_segment_for_a_place_without_a_restore_is_refused(ground) -> None:
    journey = depart(ground, SIMPLE)
    with pytest.raises(Permanent, match=f"segment 2 was not loaded: no restore is going on in {journey.facts.place}"):
        journey.load(journey.order(journey.facts.place))
    with pytest.raises(Permanent, match="loading segment 2 into nowhere: there is no such database"):
        journey.load(journey.order("nowhere"))
