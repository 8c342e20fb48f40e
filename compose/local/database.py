"""What MySQL and MariaDB have in common as local servers: a data folder copied from a template, a socket, root over it.

Making a data folder takes seconds, so it is made once per version and options, kept in the cache, and copied.
"""

import hashlib
import inspect
import os
import shutil
import subprocess
from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from compose.local import cache
from compose.local.debian import Bundle
from compose.local.programs import Programs, programs
from compose.local.server import Server, WillNotStart

SOCKET_LONGEST = 100  # bytes; the kernel allows 107
# Options that a data folder is made with, and must be served with.
LASTING = ("lower_case_table_names", "innodb_page_size", "innodb_data_file_path")


class Database(Server):
    """A database server of one flavour with its binary log on; `tools` is the folder of its client programs."""

    flavour = ""
    bundle: Bundle

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False, buffer_pool: str = "256M", **options: str) -> None:
        """`options` go into the server's option file, with `_` in their names."""
        super().__init__(folder, port=port, detached=detached)
        self.buffer_pool, self.options = buffer_pool, options

    @cached_property
    def programs(self) -> Programs:
        """Where the programs are. Raises NoPackages where this machine has none."""
        return programs(self.bundle)

    @property
    def tools(self) -> Path:
        """The folder of the client programs."""
        return self.programs.tools

    @property
    def socket(self) -> Path:
        """Its Unix socket; in a short folder where the own one is too deep for the kernel."""
        near = self.folder / "mysqld.sock"
        if len(str(near)) <= SOCKET_LONGEST:
            return near
        return Path("/tmp") / f"canvasback-{hashlib.sha256(str(near).encode()).hexdigest()[:16]}.sock"  # noqa: S108  # the server makes it itself

    @property
    def addresses(self) -> tuple[str, ...]:
        """Port, socket and tools."""
        return ("MYSQL_HOST=127.0.0.1", f"MYSQL_TCP_PORT={self.port}", f"MYSQL_UNIX_PORT={self.socket}", f"MYSQL_TOOLS={self.tools}")

    def places(self) -> dict[str, str]:
        """Options that say where the programs' own files are; the paths compiled in are those of an installed package."""
        root = self.programs.root
        if root is None:
            return {}
        return {
            "basedir": str(root),
            "lc_messages_dir": str(root / "share/mysql"),
            "character_sets_dir": str(root / "share/mysql/charsets"),
            "plugin_dir": str(root / "lib/mysql/plugin"),
        }

    def lines(self) -> dict[str, str]:
        """The server's option file. Errors go to stderr, and so into the log: `log_error` would make both flavours write `log.err`."""
        return {
            **self.places(),
            "datadir": str(self.folder / "data"),
            "tmpdir": str(self.folder / "tmp"),
            "port": str(self.port),
            "bind_address": "127.0.0.1",
            "socket": str(self.socket),
            "pid_file": str(self.folder / "mysqld.pid"),
            "log_bin": str(self.folder / "binlog" / "bin"),
            "max_binlog_size": "64M",
            "max_allowed_packet": "64M",
            "character_set_server": "utf8mb4",
            "innodb_buffer_pool_size": self.buffer_pool,
            "skip_name_resolve": "ON",
            **_account(),
            **self.options,
        }

    @abstractmethod
    def initialise(self, argv: list[str], data: Path) -> "subprocess.CompletedProcess[bytes]":
        """Make an empty data folder with a server started by `argv`; root has no password and gets in over the socket only."""

    def prepare(self) -> None:
        """Copy the template's data, where there are none, and write the option file."""
        for part in ("tmp", "binlog"):
            (self.folder / part).mkdir(exist_ok=True)
        if not (self.folder / "data").exists():
            shutil.rmtree(self.folder / "data.part", ignore_errors=True)
            shutil.copytree(self._template(), self.folder / "data.part", symlinks=True)
            (self.folder / "data.part").rename(self.folder / "data")
        _write(self.folder / "my.cnf", self.lines())

    def _template(self) -> Path:
        lasting = {key: value for key, value in self.options.items() if key in LASTING}
        recipe = [Path(file).read_text() for file in (__file__, inspect.getfile(type(self)))]  # a template of another recipe is stale
        facts = f"{self.programs.version} {sorted(lasting.items())} {os.geteuid()} {recipe}"
        name = f"templates/{self.flavour}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"
        return cache.kept(name, lambda place: self._make(place, lasting)) / "data"

    def _make(self, place: Path, lasting: dict[str, str]) -> None:
        lines = {**self.places(), **_account(), **lasting, "datadir": str(place / "data")}
        argv = [str(self.programs.daemon), f"--defaults-file={_write(place / 'my.cnf', lines)}"]
        done = self.initialise(argv, place / "data")
        if done.returncode:
            raise WillNotStart(f"{self.name} could not make a data folder:\n{done.stderr.decode(errors='replace')[-2000:]}")

    def argv(self) -> list[str]:
        """The command line."""
        return [str(self.programs.daemon), f"--defaults-file={self.folder / 'my.cnf'}"]

    def ready(self) -> bool:
        """Whether root gets in over the socket."""
        try:
            self.admin().close()
        except pymysql.MySQLError:
            return False
        return True

    def admin(self, database: str | None = None) -> "Connection[Any]":
        """A connection as root over the socket."""
        return pymysql.connect(unix_socket=str(self.socket), user="root", database=database, charset="utf8mb4", autocommit=True)

    def run(self, *statements: str) -> None:
        """Run statements as root."""
        with self.admin() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _account() -> dict[str, str]:
    """A server refuses to run as root unless it is told to."""
    return {"user": "root"} if os.geteuid() == 0 else {}


def _write(file: Path, lines: dict[str, str]) -> Path:
    file.write_text("[mysqld]\n" + "".join(f"{key}={value}\n" for key, value in lines.items()))
    return file
