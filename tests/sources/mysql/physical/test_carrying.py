"""A database whole from one place to another."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sources.mysql.conftest import Dumped, Ground
from tests.sources.mysql.replay.conftest import Base
from tests.sources.mysql.restoring import depart
from workers.artifact import Order, Role
from workers.errors import Permanent, Refused
from workers.sources.mysql.physical.carrying import Load, carry, load
from workers.sources.mysql.replay.chain import chain
from workers.sources.mysql.replay.finding import find
from workers.sources.mysql.replay.moments import Until
from workers.sources.mysql.replay.path import prove_path
from workers.sources.mysql.replay.replay import replay_to

TABLES = (
    "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20), score FLOAT) ENGINE=InnoDB;"
    "CREATE TABLE posts (id INT PRIMARY KEY, user INT, body LONGTEXT, KEY (user), FOREIGN KEY (user) REFERENCES users (id)) ENGINE=InnoDB;"
    "CREATE VIEW authors AS SELECT name FROM users;"
    "INSERT INTO users VALUES (1, '가', 123456.789), (2, 'b', 0.1);"
)


def brought_back(base: Base, database: str) -> Dumped:
    """The database of the live server on the scratch server, as it was after one more post."""
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"INSERT INTO {database}.posts VALUES (1, 1, REPEAT('x', 100000))")
    base.ship()
    base.replay(full, Until(position=base.logs_end()), database)
    return full


def order(full: Dumped, into: str) -> Order:
    return Order("20261122T000000Z-full-9f3a11c2", full.facts.place, into, full.facts)


def scratched(base: Base, database: str) -> Ground:
    """The scratch server with the database as its only place."""
    options = base.scratch.server.options.model_copy(update={"databases": [database]})
    return Ground(replace(base.scratch.server, options=options), 0, base.logs)


def test_what_was_replayed_comes_to_its_destination_under_any_name(base: Base, tmp_path: Path) -> None:
    database = base.live.database(TABLES)
    full, source = brought_back(base, database), scratched(base, database)
    into = f"{database}_back"
    base.live.made.append(f"DROP DATABASE IF EXISTS {into}")
    outcome = carry(source.server, base.live.server, order(full, into), tmp_path)
    assert [(count.name, count.rows) for count in outcome.counts] == [("posts", 1), ("users", 2)]
    assert base.live.checksums(into) == base.live.checksums(database) == source.checksums(database)
    assert base.live.execute(f"SELECT COUNT(*) FROM {into}.authors") == [(2,)]


def test_pieces_of_rows_are_gone_when_they_are_loaded(base: Base, tmp_path: Path) -> None:
    database = base.live.database(TABLES)
    full, source = brought_back(base, database), scratched(base, database)
    base.live.made.append(f"DROP DATABASE IF EXISTS {database}_back")
    carry(source.server, base.live.server, order(full, f"{database}_back"), tmp_path)
    assert not list(tmp_path.glob("*.data"))


def test_a_place_that_holds_something_is_refused_and_stays_as_it_is(base: Base, tmp_path: Path) -> None:
    database = base.live.database(TABLES)
    full, source = brought_back(base, database), scratched(base, database)
    into = base.live.database("CREATE TABLE precious (id INT);")
    with pytest.raises(Refused, match=into):
        carry(source.server, base.live.server, order(full, into), tmp_path)
    assert base.live.execute(f"SELECT COUNT(*) FROM {into}.precious") == [(0,)]


def test_a_full_backup_is_loaded_replayed_and_carried_by_the_same_code(base: Base, tmp_path: Path) -> None:
    journey = depart(base.live, TABLES)
    database, position = journey.facts.place, journey.facts.position
    assert position is not None
    base.live.execute(f"DELETE FROM {database}.users WHERE id = 2", f"TRUNCATE {database}.posts", f"DROP TABLE {database}.posts")
    base.ship()
    source = scratched(base, database)
    full = Load(tuple(journey.of(Role.SCHEMA)), iter(journey.of(Role.DATA)), tuple(journey.of(Role.CORRECTION, Role.POST_DATA)))
    load(source.server, journey.order(database), full)
    (dropped,) = find(chain(base.logs, position), "DROP TABLE posts")
    replay_to(base.scratch, prove_path(journey.facts, base.logs, dropped.just_before))
    outcome = carry(source.server, base.live.server, journey.order(), tmp_path)
    assert [(count.name, count.rows) for count in outcome.counts] == [("posts", 0), ("users", 1)]


def test_a_piece_that_cannot_be_loaded_ends_it_with_the_servers_words(base: Base, tmp_path: Path) -> None:
    journey = depart(base.live, TABLES)
    bad = tmp_path / "bad"
    bad.write_bytes(b"INSERT INTO `users` VALUES (1,'a',1),(1,'twice',1);\n")
    (segment, _), *_ = journey.of(Role.DATA)
    full = Load(tuple(journey.of(Role.SCHEMA)), iter([(segment, bad)]), ())
    with pytest.raises(Permanent, match="was not loaded: Duplicate entry"):
        load(scratched(base, journey.facts.place).server, journey.order(journey.facts.place), full)
