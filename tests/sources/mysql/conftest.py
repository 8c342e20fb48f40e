"""Real servers of both flavours, and a stranger's hands: dump with the product, load with the plain client."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from compose.local.database import Database
from workers import command
from workers.artifact import Facts
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.scratch import server as scratch_server
from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.session import Server, Session, environment, open_server, rows
from workers.sources.mysql.tools import Flavour, Program

WORD = "p"  # of every account that a test makes without naming another


@dataclass(frozen=True)
class Dumped:
    """The parts of a dump as files, in order, and its facts."""

    folder: Path
    parts: list[str]
    facts: Facts

    def text(self, part: str) -> str:
        return (self.folder / f"{part}.sql").read_text(encoding="utf-8", errors="surrogateescape")


@dataclass
class Ground:
    """One server as its administrator, with a fresh database and account names for one test."""

    server: Server
    port: int
    folder: Path
    made: list[str] = field(default_factory=list)

    @property
    def maria(self) -> bool:
        return self.server.flavour is Flavour.MARIADB

    def database(self, sql: str = "", name: str | None = None) -> str:
        """A new database, filled by `sql` through the plain client."""
        name = name or f"t_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE `{name.replace('`', '``')}` CHARACTER SET utf8mb4")
        self.made.append(f"DROP DATABASE IF EXISTS `{name.replace('`', '``')}`")
        if sql:
            self.client(name, b"SET NAMES utf8mb4;\n" + sql.encode())
        return name

    def account(self, *grants: str, password: str = WORD) -> str:
        """A new account `name@%` with the given grants (`PRIVILEGE ON scope`)."""
        name = f"u{secrets.token_hex(4)}"
        self.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'", *(f"GRANT {grant} TO '{name}'@'%'" for grant in grants))
        self.made.append(f"DROP USER IF EXISTS '{name}'@'%'")
        return name

    def execute(self, *statements: str, database: str | None = None) -> list[tuple[object, ...]]:
        with closing(self.server.connect(database)) as session:
            return [rows(session, statement) for statement in statements][-1]

    def client(self, database: str, sql: bytes) -> None:
        """Load SQL as the documentation tells a stranger to."""
        with self.server.option_file() as file:
            argv = [self.server.tool(Program.CLIENT).path, f"--defaults-file={file}", "--binary-mode", "--comments", database]
            done = command.run(argv, input=sql, env=environment(file))
        assert done.returncode == 0, done.stderr.decode()

    def options(self, database: str, **changes: object) -> MysqlOptions:
        return self.server.options.model_copy(update={"databases": [database], **changes})

    def target(self, database: str, user: str | None = None, password: str = WORD, **changes: object) -> Server:
        """The server as a target's account sees it (the administrator's where no user is given)."""
        if user is None:
            return open_server(self.options(database, **changes), self.server.password)
        return open_server(self.options(database, user=user, socket=None, host="127.0.0.1", port=self.port, **changes), SecretStr(password))

    def dump(self, server: Server, streams: int = 1) -> Dumped:
        folder = self.folder / secrets.token_hex(4)
        folder.mkdir()
        parts = []
        with open_dump(server, streams) as dump:
            for part in dump.parts():
                parts.append(part.name)
                with (folder / f"{part.name}.sql").open("wb") as file:
                    file.writelines(block.data for block in part.blocks)
            return Dumped(folder, parts, dump.facts())

    def load(self, dumped: Dumped) -> str:
        """A new database from all parts except the accounts."""
        into = self.database()
        for part in dumped.parts:
            if part != "accounts":
                self.client(into, (dumped.folder / f"{part}.sql").read_bytes())
        return into

    def checksums(self, database: str) -> dict[str, object]:
        """CHECKSUM TABLE of every table."""
        with closing(self.server.connect(database)) as session:
            names = [name for name, kind in rows(session, "SHOW FULL TABLES") if kind == "BASE TABLE"]
            found = {name: rows(session, f"CHECKSUM TABLE `{name.replace('`', '``')}` EXTENDED")[0][1] for name in names}
        assert None not in found.values()
        return found

    def session(self, database: str) -> "closing[Session]":
        return closing(self.server.connect(database))


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The empty data folder of a scratch server takes MySQL seconds of CPU: it is made once with the same options, and copied then."""
    made, make = dict[str, Path](), scratch_server.make

    def once(binaries: Binaries, option_file: Path, data: Path) -> None:
        asked = option_file.read_text().replace(str(data.parent), "")
        if asked in made:
            shutil.copytree(made[asked], data, symlinks=True)
            return
        make(binaries, option_file, data)
        kept = tmp_path_factory.mktemp("made") / "data"
        shutil.copytree(data, kept, symlinks=True)
        (kept / "auto.cnf").unlink(missing_ok=True)  # each copy is a server of its own
        made[asked] = kept

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scratch_server, "make", once)
        yield


@pytest.fixture(scope="session")
def server(database: Database) -> Server:
    """Each flavour in turn, as root over its socket."""
    return open_server(MysqlOptions(socket=database.socket, user="root", databases=["mysql"], tools=database.tools), None)


@pytest.fixture(scope="session")
def port(database: Database) -> int:
    """Where accounts of a test log in: over TCP, so that the socket's own accounts do not catch them."""
    return database.port


@pytest.fixture
def ground(server: Server, port: int, tmp_path: Path) -> Iterator[Ground]:
    found = Ground(server, port, tmp_path)
    yield found
    for statement in found.made:
        found.execute("SET foreign_key_checks = 0", statement)


@pytest.fixture
def fake(ground: Ground, tmp_path: Path) -> Path:
    """A folder of tools whose dump program is replaced by a shell script; write it with `script`."""
    folder = tmp_path / "tools"
    folder.mkdir()
    client = ground.server.tool(Program.CLIENT).path
    (folder / client.name).symlink_to(client)
    return folder
