"""Logs go on top of a physical full as they do on top of a logical one: the same way brings both up, and the same replay applies them."""

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
from tests.sources.mysql.restoring import journey_of
from workers.artifact import Order, Position, Role
from workers.sources.mysql.physical.carrying import Load
from workers.sources.mysql.replay.moments import Until
from workers.sources.mysql.replay.path import prove_path, wished
from workers.sources.mysql.replay.raising import raised
from workers.sources.mysql.replay.replay import replay_to
from workers.sources.mysql.scratch.server import Scratch
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


def count(running: Scratch, database: str) -> int:
    with closing(running.server.connect()) as session:
        ((found, last),) = rows(session, f"SELECT COUNT(*), COALESCE(MAX(n), 0) FROM {database}.counter")
    assert found == last
    return int(found)


@contextmanager
def up(taken: Taken, logs: Path, until: Until, near: Path) -> Iterator[tuple[Scratch, int]]:
    """A full as a scratch server, and at a moment after it; with what it counted before."""
    path = prove_path(taken.facts, logs, until)
    pieces = iter([(segment, shutil.copy(plain, logs / secrets.token_hex(4))) for segment, plain in taken.pieces])
    wish = wished(path, near / "up", taken.source.options.tools, int(dict(taken.facts.extras)["bytes"]))
    with raised(wish, taken.order(into=taken.facts.place), Load((), pieces, ())) as running:
        before = count(running, taken.facts.place)
        replay_to(running, path)
        yield running, before


def test_a_counter_written_all_through_a_backup_goes_on_from_exactly_its_position(
    ground: Ground, cloning: Database, near: Path, tmp_path: Path
) -> None:
    database = ground.database(COUNTER)
    with Writer(ground, database) as writer:
        writer.until(30)
        taken = take(source_of(ground, database, near), tmp_path)
        begun = len(writer.done)
        writer.until(100)
    end = ship(ground, cloning, tmp_path / "logs")
    with up(taken, tmp_path / "logs", end, near) as (running, before):
        assert 30 <= before <= begun
        assert count(running, database) == len(writer.done)
    assert sum(done <= taken.facts.snapshot for done in writer.done) >= before - 1


@pytest.mark.only("mariadb")
def test_a_logical_full_comes_up_by_the_same_way(ground: Ground, cloning: Database, near: Path, tmp_path: Path) -> None:
    database = ground.database(COUNTER)
    journey = journey_of(ground, ground.target(database))
    ground.execute(f"INSERT INTO {database}.counter VALUES (1), (2)")
    path = prove_path(journey.facts, tmp_path / "logs", ship(ground, cloning, tmp_path / "logs"))
    order = Order("20261122T000000Z-full-9f3a11c2", database, database, journey.facts)
    schema, rest = (tuple(journey.of(role)) for role in (Role.SCHEMA, Role.POST_DATA))
    wish = replace(wished(path, near / "up", ground.server.options.tools, 1 << 20), server_id=97)
    with raised(wish, order, Load(schema, iter(journey.of(Role.DATA)), rest)) as running:
        replay_to(running, path)
        assert count(running, database) == 2
    assert not list((near / "up").iterdir())


@pytest.fixture(autouse=True)
def clean(near: Path) -> Iterator[None]:
    yield
    shutil.rmtree(near / "up", ignore_errors=True)
