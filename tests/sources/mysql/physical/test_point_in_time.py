"""Logs go on top of a physical full as of a logical one: a server is started on its files, and the same replay applies them."""

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import Taken, source_of, take
from workers import ports
from workers.artifact import Position, Until
from workers.errors import Permanent, Refused
from workers.sources.mysql.physical.directory import PART
from workers.sources.mysql.replay.running import Running
from workers.sources.mysql.session import rows

# A row that is logged before the backup's position stops the replay, and one after it that is passed over is missing.
COUNTER = "CREATE TABLE counter (n INT PRIMARY KEY) ENGINE=InnoDB;"


class Writer:
    """Counts, a row in a transaction of its own for each number, and notes when it was acknowledged."""

    def __init__(self, ground: Ground, database: str) -> None:
        self.done: list[datetime] = []
        self._ground, self._database, self._over = ground, database, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(self._ground.server.connect(self._database)) as session:
            while not self._over.wait(0.005):
                rows(session, "INSERT INTO counter VALUES (%s)", (len(self.done) + 1,))
                self.done.append(datetime.now(UTC))

    def until(self, more: int) -> None:
        wanted = len(self.done) + more
        while len(self.done) < wanted:
            self._over.wait(0.01)


def ship(ground: Ground, cloning: Database, logs: Path) -> Until:
    """Copy the closed logs, byte for byte; their end."""
    logs.mkdir(exist_ok=True)
    ground.execute("FLUSH BINARY LOGS")
    for path in sorted((cloning.folder / "binlog").glob("bin.0*"))[:-1]:
        shutil.copy(path, logs)
    last = max(logs.glob("bin.0*"))
    return Until(position=Position(last.name, last.stat().st_size))


@pytest.fixture
def run(near: Path) -> Iterator[ports.Ground]:
    """The folder of a run."""
    found = ports.Ground(near / secrets.token_hex(3), 0)
    found.folder.mkdir()
    yield found
    shutil.rmtree(found.folder)


@contextmanager
def up(taken: Taken, run: ports.Ground, until: Until) -> Iterator[Running]:
    """A full as a scratch server, on the way to a moment after it."""
    order = replace(taken.order(into=taken.facts.place), until=until)
    taken.source.prove_logs(order, run)
    taken.unpack(replace(order, until=None, into=str(run.base), server=str(run.base)))
    with taken.source.replaying(order, run) as found:
        assert isinstance(found, Running)
        yield found
    assert not run.base.with_name(run.base.name + PART).exists()


def counter(found: Running) -> int:
    return {count.name: count.rows for count in found.counts()}["counter"]


def test_a_counter_written_all_through_a_backup_goes_on_from_exactly_its_position(
    ground: Ground, cloning: Database, near: Path, run: ports.Ground, tmp_path: Path
) -> None:
    database = ground.database(COUNTER)
    with Writer(ground, database) as writer:
        writer.until(30)
        taken = take(source_of(ground, database, near), tmp_path)
        begun = len(writer.done)
        writer.until(100)
    with up(taken, run, ship(ground, cloning, run.logs)) as found:
        before = counter(found)
        found.replay(lambda _: None)
        assert 30 <= before <= begun
        assert counter(found) == len(writer.done)
    assert sum(done <= taken.facts.snapshot for done in writer.done) >= before - 1


def test_the_database_alone_is_kept_as_a_new_server_with_its_accounts(
    ground: Ground, cloning: Database, near: Path, run: ports.Ground, tmp_path: Path
) -> None:
    database, other = ground.database(COUNTER), ground.database(COUNTER)
    ground.execute(f"CREATE TABLE {other}.child (n INT, FOREIGN KEY (n) REFERENCES {database}.counter (n)) ENGINE=InnoDB")
    ground.execute(f"INSERT INTO {database}.counter VALUES (1)", f"INSERT INTO {other}.child VALUES (1)")
    taken = take(source_of(ground, database, near), tmp_path)
    ground.execute(f"DELETE FROM {other}.child", f"DELETE FROM {database}.counter", f"INSERT INTO {database}.counter VALUES (2), (3)")
    end, place = ship(ground, cloning, run.logs), run.folder / "kept"
    with up(taken, run, end) as found:
        found.replay(lambda _: None)
        outcome = found.keep(place)
    assert [(count.name, count.rows) for count in outcome.counts] == [("counter", 2)]
    assert f"of its databases {database} alone; " in outcome.warnings[0]
    assert f"; root gets in with {place}.root.cnf" in outcome.warnings[0]
    with taken.served(place) as new, closing(new.server.connect()) as session:
        names = {str(name) for (name,) in rows(session, "SELECT schema_name FROM information_schema.schemata")}
        assert rows(session, f"SELECT n FROM {database}.counter ORDER BY n") == [(2,), (3,)]
    assert names - {"mysql", "sys", "information_schema", "performance_schema"} == {database}


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_a_table_that_comes_out_of_another_database_stops_the_replay_and_is_not_taken_as_it_was(
    ground: Ground, cloning: Database, near: Path, run: ports.Ground, tmp_path: Path
) -> None:
    database, other = ground.database(COUNTER), ground.database(COUNTER)
    taken = take(source_of(ground, database, near), tmp_path)
    ground.execute(f"INSERT INTO {other}.counter VALUES (1)", f"RENAME TABLE {other}.counter TO {database}.late")
    with up(taken, run, ship(ground, cloning, run.logs)) as found, pytest.raises(Permanent, match="late"):
        found.replay(lambda _: None)


def test_logs_that_do_not_lead_to_the_moment_are_refused_before_anything_is_unpacked(
    taken: Taken, run: ports.Ground, cloning: Database
) -> None:
    run.logs.mkdir()
    order = replace(taken.order(into=taken.facts.place), until=Until(position=Position("bin.999999", 4)))
    with pytest.raises(Refused, match="log"):
        taken.source.prove_logs(order, run)
    assert taken.source.check_replay(taken.facts).ok
    newer = taken.source.check_replay(replace(taken.facts, version="99.1"))
    assert (newer.ok, "are served by" in newer.found) == (False, True)
