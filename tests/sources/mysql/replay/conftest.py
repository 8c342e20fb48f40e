"""A live server that is written to, its logs as they were closed, and a scratch server that a full backup was loaded into."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Dumped, Ground
from workers.artifact import Position, Until
from workers.sources.mysql.replay.chain import Chain, chain
from workers.sources.mysql.replay.cutting import Cut, Place, cut
from workers.sources.mysql.replay.path import prove_path
from workers.sources.mysql.replay.relaying import DIALECTS
from workers.sources.mysql.replay.replay import Replayed, replay_to
from workers.sources.mysql.replay.statements import Target
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import rows
from workers.sources.mysql.tools import Flavour

VERSIONS = {"mysql": "8.4.0", "mariadb": "10.11.0"}
KEPT = frozenset({"mysql", "sys", "information_schema", "performance_schema"})


@dataclass
class Base:
    """A scratch server that is emptied for each test, and the live server beside it."""

    scratch: Scratch
    live: Ground
    logs: Path
    binlog: Path

    def load(self, dumped: Dumped, database: str) -> None:
        """What a full backup holds, under its own name."""
        ground = Ground(self.scratch.server, 0, self.logs)
        ground.database(name=database)
        for part in dumped.parts:
            if part != "accounts":
                ground.client(database, (dumped.folder / f"{part}.sql").read_bytes())

    def ship(self) -> None:
        """Copy the closed logs, byte for byte."""
        self.live.execute("FLUSH BINARY LOGS")
        for path in sorted(self.binlog.glob("bin.0*"))[:-1]:
            shutil.copy(path, self.logs)

    def chain(self, dumped: Dumped) -> Chain:
        position = dumped.facts.position
        assert position is not None
        return chain(self.logs, position)

    def replay(self, dumped: Dumped, until: Until, database: str) -> Replayed:
        """Load the full and bring it to a moment."""
        self.clear()
        self.load(dumped, database)
        return replay_to(self.scratch, prove_path(dumped.facts, self.logs, until))

    def logs_end(self) -> Position:
        """The end of the last log that was copied."""
        last = max(self.logs.glob("bin.0*"))
        return Position(last.name, last.stat().st_size)

    @property
    def stem(self) -> str:
        return DIALECTS[self.scratch.server.flavour].stem

    def cut(self, database: str, *statements: str) -> Cut:
        """The replay's logs of what these statements do to a database on the live server."""
        begin = self.position()
        self.live.execute(*statements)
        self.ship()
        return cut(chain(self.logs, begin), self.logs_end(), Target(database), Place(self.scratch.home / "relay", self.stem))

    def scratch_database(self, database: str) -> None:
        """An empty database on the scratch server."""
        Ground(self.scratch.server, 0, self.logs).database(name=database)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with closing(self.scratch.server.connect()) as session:
            return rows(session, sql)

    def clear(self) -> None:
        with closing(self.scratch.server.connect()) as session:
            for (name,) in rows(session, "SELECT schema_name FROM information_schema.schemata"):
                if name not in KEPT:
                    rows(session, f"DROP DATABASE `{name}`")
            if self.scratch.server.flavour is Flavour.MYSQL:
                rows(session, "RESET BINARY LOGS AND GTIDS")

    def position(self) -> Position:
        """Where the live server's log is now."""
        status = "SHOW MASTER STATUS" if self.live.maria else "SHOW BINARY LOG STATUS"
        ((file, offset, *_),) = self.live.execute(status)
        return Position(str(file), int(str(offset)))


@pytest.fixture(scope="session")
def wish(database: Database) -> Iterator[Wish]:
    """The programs that the tests' own servers are of, in a folder with a short path."""
    parent = Path(tempfile.mkdtemp(prefix="cb-"))
    yield Wish(parent, Flavour(database.flavour), VERSIONS[database.flavour], database.tools, server_id=97)
    shutil.rmtree(parent)


@pytest.fixture(scope="session")
def running(wish: Wish) -> Iterator[Scratch]:
    with scratch(wish) as found:
        yield found


@pytest.fixture
def base(running: Scratch, ground: Ground, database: Database, tmp_path: Path) -> Base:
    logs = tmp_path / "logs"
    logs.mkdir()
    ground.execute("FLUSH BINARY LOGS")
    found = Base(running, ground, logs, database.folder / "binlog")
    found.clear()
    return found
