"""Back to a moment on a scratch server, and nowhere else."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import NamedTuple

import pytest

from tests.sources.mysql.replay.conftest import Base
from workers.artifact import Until
from workers.errors import Corrupt, Failure, Permanent, Refused
from workers.sources.mysql.replay.finding import find
from workers.sources.mysql.replay.path import prove_path
from workers.sources.mysql.replay.replay import replay_to
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import scratch
from workers.sources.mysql.session import rows

COUNTER = "CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB; INSERT INTO counter VALUES (1, 0);"
INSTANTS = 20


class Acknowledged(NamedTuple):
    """What the counter was at an instant between two statements."""

    instant: datetime
    count: int


class Counter(Thread):
    """Counts up on the live server as long as the block runs, and notes at random instants what was acknowledged last."""

    def __init__(self, base: Base, database: str) -> None:
        super().__init__()
        self.seen: list[Acknowledged] = []
        self.count = 0
        self._base, self._database, self._over = base, database, Event()

    def __enter__(self) -> "Counter":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Until it is over."""
        with closing(self._base.live.server.connect(self._database)) as session:
            while not self._over.is_set():
                self.count += 1
                rows(session, "UPDATE counter SET n = %s", (self.count,))
                if random.random() < 0.1:
                    self.seen.append(Acknowledged(_instant(self._base), self.count))

    def after(self, moment: datetime) -> list[Acknowledged]:
        """What was noted after a moment."""
        return [seen for seen in tuple(self.seen) if seen.instant > moment]


def _instant(base: Base) -> datetime:
    """Now; MariaDB's log knows whole seconds only, so there the second is waited for."""
    if not base.live.maria:
        return datetime.now(UTC)
    whole = int(time.time()) + 1
    time.sleep(max(0.0, whole - time.time()))
    return datetime.fromtimestamp(whole, UTC)


def test_at_any_instant_while_logs_are_shipped_the_counter_is_the_last_one_acknowledged(base: Base) -> None:
    database = base.live.database(COUNTER)
    with Counter(base, database) as counter:
        full = base.live.dump(base.live.target(database))
        held = counter.count
        for noted in range(INSTANTS // 4, INSTANTS + 1, INSTANTS // 4):
            while len(counter.after(full.facts.snapshot)) < noted:
                time.sleep(0.1)
            base.live.execute("FLUSH BINARY LOGS")
    base.live.execute(f"INSERT INTO {database}.counter VALUES (2, 0)")  # later than every instant, so that the logs reach them all
    base.ship()
    assert held < counter.count
    for instant, count in random.sample(counter.after(full.facts.snapshot), INSTANTS):
        base.replay(full, Until(time=instant), database)
        assert base.ask(f"SELECT n FROM {database}.counter WHERE id = 1") == [(count,)]


def test_a_dropped_table_is_back_as_it_was_just_before(base: Base) -> None:
    database = base.live.database("CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1);")
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"INSERT INTO {database}.posts VALUES (2)", f"DROP TABLE {database}.posts", f"CREATE TABLE {database}.posts (id INT)")
    base.ship()
    (found,) = find(base.chain(full), "drop table posts")
    base.replay(full, found.just_before, database)
    assert base.ask(f"SELECT id FROM {database}.posts ORDER BY id") == [(1,), (2,)]


def test_nothing_in_the_logs_ever_touches_the_live_server(base: Base) -> None:
    """Everything that once emptied a live table: qualified names, TRUNCATE, DROP, RENAME, events, another default database."""
    database, other = base.live.database("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2);"), base.live.database()
    full = base.live.dump(base.live.target(database))
    base.live.execute(
        f"TRUNCATE {database}.t",
        f"CREATE TABLE {database}.gone (id INT)",
        f"CREATE EVENT {database}.e ON SCHEDULE EVERY 1 SECOND DO DELETE FROM {database}.t",
        f"RENAME TABLE {database}.gone TO {database}.moved",
        f"DROP TABLE {database}.moved",
        database=other,
    )
    base.ship()
    base.live.execute(f"DROP EVENT {database}.e", f"INSERT INTO {database}.t VALUES (7), (8)")
    before, at = base.live.checksums(database), base.position()
    (found,) = find(base.chain(full), "DROP TABLE moved")
    base.replay(full, found.just_before, database)
    assert base.ask(f"SELECT COUNT(*) FROM {database}.t") == [(0,)]
    assert base.ask(f"SELECT COUNT(*) FROM {database}.moved") == [(0,)]
    assert (base.live.checksums(database), base.position()) == (before, at)


def test_a_logged_drop_of_the_whole_database_and_rows_under_other_names_never_touch_the_live_one(base: Base) -> None:
    table = "CREATE TABLE {0}.t (id INT PRIMARY KEY)"
    database, other = base.live.database(COUNTER), base.live.database("CREATE TABLE t (id INT PRIMARY KEY);")
    full = base.live.dump(base.live.target(database))
    again = (f"DROP DATABASE {database}", f"CREATE DATABASE {database}", table.format(database), f"INSERT INTO {database}.t VALUES (1)")
    base.live.execute(*again, f"DELETE FROM {other}.t", f"TRUNCATE TABLE {other}.t", f"DROP TABLE {other}.t", database=other)
    base.ship()
    base.live.execute(f"INSERT INTO {database}.t VALUES (2)", table.format(other), f"INSERT INTO {other}.t VALUES (3)")
    before, at = [base.live.checksums(name) for name in (database, other)], base.position()
    base.replay(full, Until(position=base.logs_end()), database)
    assert base.ask(f"SELECT id FROM {database}.t") == [(1,)]
    assert base.ask(f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema IN ('{database}', '{other}')") == [(1,)]
    assert ([base.live.checksums(name) for name in (database, other)], base.position()) == (before, at)


def test_rows_of_other_databases_are_left_out_even_of_one_statement(base: Base) -> None:
    database, other = (
        base.live.database("CREATE TABLE t (id INT PRIMARY KEY, v INT);"),
        base.live.database("CREATE TABLE t (id INT, v INT);"),
    )
    full = base.live.dump(base.live.target(database))
    base.live.execute(
        f"INSERT INTO {database}.t VALUES (1, 1)",
        f"INSERT INTO {other}.t VALUES (1, 1)",
        f"UPDATE {database}.t a JOIN {other}.t b USING (id) SET a.v = 2, b.v = 2",
        f"CREATE TABLE {other}.more AS SELECT * FROM {database}.t",
        f"CREATE TABLE {database}.more AS SELECT * FROM {other}.t",
        f"CREATE PROCEDURE {other}.p() SELECT 1",
        database=other,
    )
    base.ship()
    found = base.replay(full, Until(position=base.logs_end()), database)
    assert base.ask(f"SELECT id, v FROM {database}.t") == [(1, 2)]
    assert base.ask(f"SELECT id, v FROM {database}.more") == [(1, 2)]
    assert (found.transactions, found.left_out) == (3, 3)
    assert base.ask(f"SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '{other}'") == [(0,)]


def test_a_statement_that_cannot_be_repeated_is_told_by_name(base: Base) -> None:
    database, other = base.live.database(), base.live.database("CREATE TABLE t (id INT);")
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"RENAME TABLE {other}.t TO {database}.t")
    base.ship()
    with pytest.raises(Permanent, match=rf"(?s)could not be repeated.*RENAME TABLE {other}\.t"):
        base.replay(full, Until(position=base.logs_end()), database)


def test_a_scratch_server_that_dies_is_no_success(base: Base, wish: Wish) -> None:
    database = base.live.database(COUNTER)
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"UPDATE {database}.counter SET n = 1")
    base.ship()
    path = prove_path(full.facts, base.logs, Until(position=base.logs_end()))
    with scratch(wish) as dying:
        Base(dying, base.live, base.logs, base.binlog).load(full, database)
        dying.process.kill()
        with pytest.raises(Failure):
            replay_to(dying, path)


def test_a_foreign_key_into_another_database_is_refused_by_name(base: Base) -> None:
    other = base.live.database("CREATE TABLE t (id INT PRIMARY KEY);")
    database = base.live.database(f"CREATE TABLE c (id INT, CONSTRAINT far FOREIGN KEY (id) REFERENCES {other}.t (id) ON DELETE CASCADE);")
    full = base.live.dump(base.live.target(database))
    base.ship()
    with pytest.raises(Refused, match=rf"foreign key far of {database}\.c points into another database"):
        base.replay(full, Until(position=base.logs_end()), database)


def test_one_drop_over_two_databases_drops_ours(base: Base) -> None:
    database, other = base.live.database("CREATE TABLE t (id INT);"), base.live.database("CREATE TABLE u (id INT);")
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"DROP TABLE {other}.u, t", database=database)
    base.ship()
    base.replay(full, Until(position=base.logs_end()), database)
    assert base.ask(f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{database}' AND table_name = 't'") == [(0,)]


def test_with_many_writers_all_acknowledged_before_is_there_and_nothing_begun_after(base: Base) -> None:
    database = base.live.database(
        "CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB; INSERT INTO counter VALUES (0,0),(1,0),(2,0);"
    )
    full = base.live.dump(base.live.target(database))
    begun: list[list[datetime]] = [[], [], []]
    done: list[list[datetime]] = [[], [], []]
    until = time.monotonic() + 3

    def write(hand: int) -> None:
        with closing(base.live.server.connect(database)) as session:
            while time.monotonic() < until:
                begun[hand].append(datetime.now(UTC))
                rows(session, "UPDATE counter SET n = n + 1 WHERE id = %s", (hand,))
                done[hand].append(datetime.now(UTC))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    base.ship()
    moment = min(begun[0]).replace(microsecond=0) + timedelta(seconds=2)
    base.replay(full, Until(time=moment), database)
    for hand, found in base.ask(f"SELECT id, n FROM {database}.counter"):
        least, most = sum(at < moment for at in done[int(str(hand))]), sum(at <= moment for at in begun[int(str(hand))])
        assert least <= int(str(found)) <= most


def test_a_moment_before_damage_is_reached_and_one_behind_it_is_told_by_file(base: Base) -> None:
    database = base.live.database(COUNTER)
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"UPDATE {database}.counter SET n = 1")
    middle = base.position()
    base.live.execute(f"UPDATE {database}.counter SET n = 2")
    base.ship()
    path = base.logs / middle.file
    whole = bytearray(path.read_bytes())
    whole[middle.offset + 100] ^= 0xFF
    path.write_bytes(whole)
    base.replay(full, Until(position=middle), database)
    assert base.ask(f"SELECT n FROM {database}.counter") == [(1,)]
    with pytest.raises(Corrupt, match=rf"{middle.file} is damaged at \d+"):
        base.replay(full, Until(position=base.logs_end()), database)


def test_no_log_of_the_replay_is_left_behind(base: Base) -> None:
    database = base.live.database(COUNTER)
    full = base.live.dump(base.live.target(database))
    base.live.execute(f"UPDATE {database}.counter SET n = 1")
    base.ship()
    base.replay(full, Until(position=base.logs_end()), database)
    assert not [path for path in (base.scratch.home / "relay").iterdir() if path.suffix.startswith(".0")]


def test_a_full_alone_is_a_moment_too(base: Base) -> None:
    database = base.live.database(COUNTER)
    full = base.live.dump(base.live.target(database))
    base.ship()
    found = base.replay(full, Until(position=base.logs_end()), database)
    assert (found.transactions, base.ask(f"SELECT n FROM {database}.counter")) == (0, [(0,)])
