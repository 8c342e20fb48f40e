"""A replay through the source's own socket: loaded by whoever knows the folder, replayed, read again, or kept as a new server."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.sources.mysql.replay.conftest import Base
from tests.sources.mysql.restoring import Journey, depart
from workers.artifact import Kind, Order, Role, Until
from workers.errors import Permanent, Refused, Transient
from workers.ports import Ground, Replaying, ReplaySource
from workers.sources.mysql.replay import running
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.source import MysqlSource

TABLES = (
    "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20), score FLOAT) ENGINE=InnoDB;"
    "CREATE TABLE posts (id INT PRIMARY KEY, user INT, body LONGTEXT, KEY (user), FOREIGN KEY (user) REFERENCES users (id)) ENGINE=InnoDB;"
    "CREATE DEFINER=`away`@`%` VIEW authors AS SELECT name FROM users;"
    "INSERT INTO users VALUES (1, '가', 123456.789), (2, 'b', 0.1);"
)


def source_of(journey: Journey, wish: Wish) -> MysqlSource:
    options = journey.server.options.model_copy(update={"tools": wish.tools})
    return MysqlSource(options, journey.server.password)


def ground_of(wish: Wish, base: Base) -> Ground:
    """A folder of a run, with the logs that were shipped so far."""
    folder = wish.parent / f"run-{base.logs.parent.name[-20:]}"
    folder.mkdir(exist_ok=True)
    base.logs.rename(folder / "logs")
    return Ground(folder, 0)


@contextmanager
def onward(journey: Journey, wish: Wish, base: Base) -> Iterator[tuple[MysqlSource, Ground, Replaying, Order]]:
    """A scratch server that holds the backup, ready to replay up to the end of the logs."""
    base.ship()
    end = Until(position=base.logs_end())
    source, ground = source_of(journey, wish), ground_of(wish, base)
    order = replace(journey.order(journey.facts.place), until=end)
    with source.replaying(order, ground) as found:
        scratch, whole = source.scratch(ground.folder), replace(order, until=None)
        scratch.prepare(whole, journey.of(Role.SCHEMA))
        for piece in journey.of(Role.DATA):
            scratch.load(whole, *piece)
        outcome = scratch.finish(whole, journey.of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA))
        assert outcome.warnings == ()  # accounts are missing there, which nobody has to hear
        yield source, ground, found, order


def test_what_is_loaded_is_replayed_and_read_again_and_nobody_else_gets_in(base: Base, wish: Wish) -> None:
    journey = depart(base.live, TABLES)
    database = journey.facts.place
    base.live.execute(f"INSERT INTO {database}.posts VALUES (1, 1, 'x')", f"DELETE FROM {database}.users WHERE id = 2")
    with onward(journey, wish, base) as (source, ground, found, _):
        seen: list[int] = []
        found.replay(seen.append)
        assert seen == sorted(seen)
        assert seen[-1] > 0
        assert stat.S_IMODE((ground.folder / running.ACCESS).stat().st_mode) == 0o600
        with source.scratch(ground.folder).dump(Kind.FULL) as dump:
            counts = {count.name: count.rows for count in dump.facts().counts}
        assert counts == {"posts": 1, "users": 1}
        found.alive()
    assert isinstance(source, ReplaySource)
    with pytest.raises((Transient, Permanent)):
        source.scratch(ground.folder).place(database)


@pytest.mark.only("mariadb")  # which starts sooner
def test_a_server_that_ended_is_told_with_its_last_words(base: Base, wish: Wish) -> None:
    journey = depart(base.live, TABLES)
    base.live.execute(f"DELETE FROM {journey.facts.place}.users")
    with onward(journey, wish, base) as (_, _, found, _):
        assert isinstance(found, running.Running)
        found.scratch.process.kill()
        found.scratch.process.wait()
        with pytest.raises(Permanent, match="the scratch server ended, for it was killed by signal 9"):
            found.alive()


@pytest.mark.only("mysql")  # the other one is kept in a test of the whole platform
def test_it_is_kept_as_a_new_server_that_starts_and_lets_root_in(base: Base, wish: Wish) -> None:
    journey = depart(base.live, TABLES)
    base.live.execute(f"DELETE FROM {journey.facts.place}.users WHERE id = 2")
    with onward(journey, wish, base) as (_, ground, found, _):
        found.replay(lambda _: None)
        place = ground.folder / "kept"
        outcome = found.keep(place)
    assert {count.name: count.rows for count in outcome.counts} == {"posts": 0, "users": 1}
    assert (place / "ibdata1").exists()
    assert str(place.with_name("kept.root.cnf")) in outcome.warnings[0]
    assert "of accounts it has root's alone" in outcome.warnings[0]
    assert ("it is root's: chown -R" in outcome.warnings[0]) is (place.stat().st_uid == 0)


def test_a_moment_that_the_logs_do_not_reach_starts_no_server(base: Base, wish: Wish) -> None:
    journey = depart(base.live, TABLES)
    base.ship()
    end = base.logs_end()
    order = replace(journey.order(), until=Until(position=replace(end, file="bin.999999")))
    with pytest.raises(Refused, match="is not among the logs"), source_of(journey, wish).replaying(order, ground_of(wish, base)):
        pass


def test_a_host_without_the_programs_says_what_to_install(base: Base, wish: Wish) -> None:
    journey = depart(base.live, TABLES)
    source = source_of(journey, wish)
    assert source.check_replay(journey.facts).ok
    newer = source.check_replay(replace(journey.facts, version="99.1"))
    assert (newer.ok, "99.1 or newer" in newer.found, "install the package" in newer.found) == (False, True, True)


def test_statements_are_found_in_a_folder_even_where_a_log_is_missing(base: Base, wish: Wish) -> None:
    journey = depart(base.live, TABLES)
    base.live.execute(f"DROP TABLE {journey.facts.place}.posts", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS")
    base.ship()
    sorted(base.logs.glob("bin.0*"))[-2].unlink()
    found = source_of(journey, wish).find(base.logs, f"drop table {journey.facts.place} posts")
    assert [hit.gtid != "" for hit in found] == [True]
