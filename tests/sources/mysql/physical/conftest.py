"""A server that may be cloned, a physical full of it as the steps hand it on, and orders for other places."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pymysql
import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.replay.conftest import base, running, wish  # noqa: F401 - fixtures
from workers.artifact import Facts, Form, Kind, Order, Outcome, Role, Segment
from workers.ports import Block
from workers.sources.mysql.physical import known
from workers.sources.mysql.scratch.copied import as_it_is
from workers.sources.mysql.scratch.home import furnish
from workers.sources.mysql.session import Server
from workers.sources.mysql.source import MysqlSource

PIECE = 8 << 20  # bytes of a segment
Piece = tuple[Segment, Path]

SHOP = """
CREATE TABLE t (id INT PRIMARY KEY, x FLOAT, body TEXT) ENGINE=InnoDB;
INSERT INTO t WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n, n / 7, REPEAT('글', 500) FROM s;
CREATE TABLE `odd, @name/é` (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (id)) ENGINE=InnoDB;
INSERT INTO `odd, @name/é` VALUES (1, 1), (2, NULL);
CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB;
INSERT INTO counter VALUES (1, 0);
CREATE VIEW v AS SELECT id FROM t;
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.body = UPPER(NEW.body);
CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DISABLE DO DELETE FROM t;
"""


@dataclass
class Taken:
    """One physical full, cut into segments, and the source it is of."""

    source: MysqlSource
    facts: Facts
    pieces: list[Piece]

    @property
    def scratch(self) -> Path:
        return self.source.scratch_dir

    def order(self, server: Path | None = None, into: str = "", **facts: object) -> Order:
        found = Order("20261122T000000Z-full-9f3a11c2", self.facts.place, str(server or into), replace(self.facts, **facts))
        return replace(found, server=str(server)) if server else found

    def unpack(self, order: Order, pieces: list[Piece] | None = None) -> None:
        """Make the place ready, and unpack the last segment first, and one of them twice."""
        self.source.prepare(order, iter(()))
        for segment, path in [*reversed(self.pieces if pieces is None else pieces), self.pieces[-1]]:
            self.source.load(order, segment, path)

    def back(self, order: Order) -> Outcome:
        """All of it."""
        self.unpack(order)
        return self.source.finish(order, iter(()))

    @contextmanager
    def served(self, place: Path) -> Iterator[Ground]:
        """A server on a data directory that was handed over."""
        home = place.with_name(f"s-{secrets.token_hex(2)}")
        home.mkdir()
        furnish(home)
        (home / "data").symlink_to(place)
        with as_it_is(known.wished(self.facts, home, self.source.options.tools), home) as alone:
            yield Ground(alone.server, 0, home)
        shutil.rmtree(home)


def take(source: MysqlSource, folder: Path) -> Taken:
    """Make one."""
    found: list[Piece] = []
    with source.dump(Kind.FULL) as dump:
        for part in dump.parts():
            for data in cut(part.blocks):
                path = folder / f"{secrets.token_hex(4)}.plain"
                path.write_bytes(data)
                found.append((Segment(len(found) + 1, part.name, Role.DATA, Form(len(data), "")), path))
        return Taken(source, dump.facts(), found)


def cut(blocks: Iterator[Block]) -> Iterator[bytes]:
    """Blocks as segments."""
    held = bytearray()
    for block in blocks:
        held += block.data
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def left(source: MysqlSource) -> list[Path]:
    """What lies in the scratch folder of a source."""
    return list(source.scratch_dir.iterdir()) if source.scratch_dir.exists() else []


@pytest.fixture(scope="session")
def cloning(database: Database) -> Database:
    """The server of the session, able to clone itself."""
    if database.flavour == "mysql":
        with suppress(pymysql.err.OperationalError):  # 1125: it is there already
            database.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    return database


@pytest.fixture(scope="session")
def near() -> Iterator[Path]:
    """A folder with a short path, since sockets come into it."""
    found = Path(tempfile.mkdtemp(prefix="cb-"))
    yield found
    shutil.rmtree(found)


@pytest.fixture(scope="session")
def shop(server: Server, cloning: Database, near: Path) -> Iterator[MysqlSource]:
    """The source of a target with one database of every kind of thing; nobody changes it but for its counter."""
    ground = Ground(server, cloning.port, near)
    name = ground.database(SHOP)
    yield source_of(ground, name, near)
    ground.execute(*ground.made)


def source_of(ground: Ground, database: str, near: Path, user: str | None = None) -> MysqlSource:
    """The source of one database, by an account (the administrator's where none is named)."""
    found = ground.target(database, user, mode="physical")
    return MysqlSource(found.options, found.password, streams=2, scratch_dir=near / "scratch")


@pytest.fixture(scope="session")
def taken(shop: MysqlSource, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """A full of the shop's server, for everybody."""
    return take(shop, tmp_path_factory.mktemp("taken"))


@pytest.fixture
def place(near: Path) -> Iterator[Path]:
    """A place for a new data directory."""
    found = near / secrets.token_hex(3)
    yield found
    for left in near.glob(f"{found.name}*"):
        shutil.rmtree(left)
