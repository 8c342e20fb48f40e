"""A server of each flavour for the logs alone: it is reset, purged and crashed here, which no other test could bear."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from workers.artifact import Facts, Position
from workers.ports import Past
from workers.sources.mysql.logs.shipping import open_shipping
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.session import Server, open_server

FLAG = 4 + 17  # behind magic number, time, kind, server, size and end of the first event


@dataclass
class Dock:
    """A server whose logs are shipped."""

    database: Database

    @property
    def maria(self) -> bool:
        return self.database.flavour == "mariadb"

    def server(self, **changes: object) -> Server:
        options = MysqlOptions(socket=self.database.socket, user="root", databases=["mysql"], tools=self.database.tools)
        return open_server(options.model_copy(update=changes), None)

    def run(self, *statements: str) -> None:
        self.database.run(*statements)

    def write(self, times: int = 1) -> None:
        """So many transactions."""
        self.run(*("INSERT INTO w.t VALUES (1)",) * times)

    def ship(self, shipped: Position | None = None, full: Position | None = None) -> tuple[Facts, bytes]:
        """Facts and bytes of one shipping."""
        with open_shipping(self.server(), Past(shipped, full)) as dump:
            data = b"".join(block.data for part in dump.parts() for block in part.blocks)
            return dump.facts(), data

    def file(self, name: str) -> bytes:
        """A log as the server keeps it, without the flag that it is open: after a crash MariaDB leaves that and does not send it."""
        data = (self.database.folder / "binlog" / name).read_bytes()
        return data[:FLAG] + bytes((data[FLAG] & ~1,)) + data[FLAG + 1 :]

    def reset(self) -> None:
        self.run("RESET MASTER" if self.maria else "RESET BINARY LOGS AND GTIDS")

    def purge(self, name: str) -> None:
        """Purge all logs before this one. MariaDB keeps, for a moment, one that its recovery might still need."""
        deadline = time.monotonic() + 10
        while sorted((self.database.folder / "binlog").glob("bin.0*"))[0].name != name:
            assert time.monotonic() < deadline
            self.run(f"PURGE BINARY LOGS TO '{name}'")
            time.sleep(0.02)


@pytest.fixture(scope="module", params=[MySQL, MariaDB])
def serving(request: pytest.FixtureRequest) -> Iterator[Database]:
    folder = Path(tempfile.mkdtemp(prefix="cb-"))
    with request.param(folder, buffer_pool="64M") as server:
        server.run("CREATE DATABASE w", "CREATE TABLE w.t (v INT)")
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def dock(serving: Database) -> Dock:
    """The server with its logs begun anew."""
    found = Dock(serving)
    found.reset()
    found.write()
    return found
