"""Keys come after the rows, every one of them, where they stood."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from tests.sources.mysql.restoring import depart
from workers.artifact import Role
from workers.errors import Permanent
from workers.sources.mysql import keys
from workers.sources.mysql.restore import _definitions
from workers.sources.mysql.session import rows

TABLES = """
CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(90), nick VARCHAR(9) NOT NULL, about TEXT, code INT, at INT,
    CONSTRAINT grown CHECK (at >= 0), v INT AS (at * 2) VIRTUAL, KEY at (at DESC), UNIQUE KEY email (email), KEY v (v),
    UNIQUE KEY nick (nick),
    KEY two (at, about(20)) COMMENT 'it''s; (two), ', FULLTEXT KEY words (about));
INSERT INTO users (id, email, nick, about, at) VALUES (1, 'a@x', 'a', 'some words', 1), (2, 'b@x', 'b', 'other words', 2);
CREATE TABLE posts (id INT, part INT, author INT, reply INT, PRIMARY KEY (id), CONSTRAINT wrote FOREIGN KEY (author) REFERENCES users (id)
    ON DELETE CASCADE, CONSTRAINT answers FOREIGN KEY (reply) REFERENCES posts (id));
INSERT INTO posts VALUES (1, 1, 1, NULL), (2, 1, 2, 1);
CREATE TABLE tags (nick VARCHAR(9), n INT, PRIMARY KEY (n), FOREIGN KEY (nick) REFERENCES users (nick)); INSERT INTO tags VALUES ('a', 1);
CREATE TABLE log (n INT AUTO_INCREMENT, at INT, PRIMARY KEY (at, n), KEY n (n)); INSERT INTO log VALUES (1, 1);
"""


@pytest.fixture(autouse=True)
def _every_table_is_big(monkeypatch) -> None:
    monkeypatch.setattr(keys, "BIG", 1)


def _bare(journey, order) -> dict[str, str]:
    made = keys.bare(list(_definitions(journey.of(Role.SCHEMA))), order)
    return {found.name: found.sql for found in made}


def test_every_key_comes_back_in_its_place(ground) -> None:
    journey = depart(ground, TABLES)
    order = journey.order(journey.facts.place, confirm="community")
    assert journey.back(order).warnings == ()
    assert ground.dump(journey.server).facts.fingerprint == journey.facts.fingerprint


def test_rows_are_loaded_without_keys_where_all_of_them_can_come_back(ground) -> None:
    journey = depart(ground, TABLES)
    bare = _bare(journey, journey.order())
    assert "KEY `" not in bare["posts"]
    assert "CONSTRAINT" not in bare["posts"]
    assert "KEY `nick`" in bare["users"]  # tags point to it
    assert "KEY `n`" in bare["log"]  # it numbers the rows
    assert "KEY `nick`" not in bare["tags"]


def test_a_table_with_few_rows_keeps_its_keys(ground, monkeypatch) -> None:
    monkeypatch.setattr(keys, "BIG", 3)
    journey = depart(ground, TABLES)
    assert "CONSTRAINT `wrote`" in _bare(journey, journey.order())["posts"]


def test_keys_that_are_there_already_are_not_built_again(ground) -> None:
    journey = depart(ground, TABLES)
    order = journey.order()
    journey.prepare(order)
    journey.load(order)
    keys.build(journey.server, order, definitions := list(_definitions(journey.of(Role.SCHEMA))))
    ground.execute("ALTER TABLE posts DROP FOREIGN KEY wrote", database=order.into)
    keys.build(journey.server, order, definitions)
    assert journey.finish(order).warnings == ()


def test_a_key_that_another_attempt_is_still_building_is_waited_for(ground) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT PRIMARY KEY, n INT, KEY n (n)); INSERT INTO t VALUES (1, 1);")
    order = journey.order()
    journey.prepare(order)
    journey.load(order)
    definitions = list(_definitions(journey.of(Role.SCHEMA)))
    with closing(ground.server.connect(order.into)) as reader, ThreadPoolExecutor(2) as pool:
        rows(reader, "BEGIN")
        rows(reader, "SELECT * FROM t")  # no ALTER ends before this transaction
        earlier = pool.submit(ground.execute, "ALTER TABLE t ADD KEY n (n)", database=order.into)
        _await_altering(ground, order.into, 1)
        again = pool.submit(keys.build, journey.server, order, definitions)
        _await_altering(ground, order.into, 2)
        rows(reader, "COMMIT")
        earlier.result()
        again.result()
    assert journey.finish(order).warnings == ()


def _await_altering(ground, into: str, count: int) -> None:
    altering = f"SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{into}' AND info LIKE 'ALTER TABLE%'"
    end = time.monotonic() + 20
    while ground.execute(altering) != [(count,)]:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_rows_that_break_a_unique_key_fail_the_restore_with_the_servers_words(ground) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT PRIMARY KEY, n INT, UNIQUE KEY n (n)); INSERT INTO t VALUES (1, 1), (2, 2);")
    order = journey.order()
    journey.prepare(order)
    journey.load(order)
    ground.execute("INSERT INTO t VALUES (3, 2)", database=order.into)
    with pytest.raises(Permanent, match=f"building keys in {order.into} on .*Duplicate entry '2'"):
        journey.finish(order)


def test_keys_come_back_under_another_name_too(ground) -> None:
    journey = depart(ground, TABLES)
    order = journey.order()
    assert journey.back(order).warnings == ()
    shown = [ground.execute("SHOW CREATE TABLE posts", database=name)[0] for name in (journey.facts.place, order.into)]
    assert shown[0] == shown[1]


def test_tables_that_nobody_counted_keep_their_keys(ground) -> None:
    journey = depart(ground, TABLES)
    order = journey.order()
    assert "KEY" in _bare(journey, replace(order, facts=replace(order.facts, counts=())))["tags"].replace("PRIMARY KEY", "")
