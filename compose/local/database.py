"""What MySQL and MariaDB have in common as local servers: a data folder copied from a template, a socket, root over it.

Making a data folder takes seconds, so it is made once per flavour and options, kept in the cache, and copied.
"""

import getpass
import hashlib
import os
import shutil
from abc import abstractmethod
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from compose.local import cache
from compose.local.debian import Bundle, prefix
from compose.local.server import Server

SOCKET_LONGEST = 100  # bytes; the kernel allows 107


class Database(Server):
    """A database server of one flavour with its binary log on; `tools` is the folder of its client programs."""

    flavour = ""
    bundle: Bundle
    daemon = ""

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False, buffer_pool: str = "256M", **options: str) -> None:
        """`options` go into the server's option file; `_` in a name is as good as `-`."""
        super().__init__(folder, port=port, detached=detached)
        self.buffer_pool, self.options = buffer_pool, options

    @property
    def prefix(self) -> Path:
        """Where the programs are."""
        return prefix(self.bundle)

    @property
    def tools(self) -> Path:
        """The folder of the client programs."""
        return self.prefix / "bin"

    @property
    def socket(self) -> Path:
        """Its Unix socket; in a short folder where the own one is too deep for the kernel."""
        near = self.folder / "mysqld.sock"
        if len(str(near)) <= SOCKET_LONGEST:
            return near
        return Path("/tmp") / f"canvasback-{hashlib.sha256(str(near).encode()).hexdigest()[:16]}.sock"  # noqa: S108  # the server makes it itself

    def lines(self) -> dict[str, str]:
        """The server's option file."""
        return {
            "datadir": str(self.folder / "data"),
            "tmpdir": str(self.folder / "tmp"),
            "port": str(self.port),
            "bind_address": "127.0.0.1",
            "socket": str(self.socket),
            "pid_file": str(self.folder / "mysqld.pid"),
            "log_error": str(self.log),
            "log_bin": str(self.folder / "binlog" / "bin"),
            "binlog_format": "ROW",
            "max_binlog_size": "64M",
            "max_allowed_packet": "64M",
            "character_set_server": "utf8mb4",
            "innodb_buffer_pool_size": self.buffer_pool,
            "skip_name_resolve": "ON",
            **({"user": "root"} if os.geteuid() == 0 else {}),
            **self.options,
        }

    def write_options(self, file: Path, lines: dict[str, str]) -> Path:
        """Write an option file and return it."""
        file.write_text("[mysqld]\n" + "".join(f"{key}={value}\n" for key, value in lines.items()))
        return file

    @abstractmethod
    def initialise(self, data: Path, work: Path) -> None:
        """Make an empty data folder."""

    def prepare(self) -> None:
        """Copy the template's data, where there are none, and write the option file."""
        for part in ("tmp", "binlog"):
            (self.folder / part).mkdir(exist_ok=True)
        if not (self.folder / "data").exists():
            shutil.copytree(self._template(), self.folder / "data", symlinks=True)
        self.write_options(self.folder / "my.cnf", self.lines())

    def _template(self) -> Path:
        def make(place: Path) -> None:
            work = place.with_name(f"{place.name}.work")
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try:
                self.initialise(place / "data", work)
            finally:
                shutil.rmtree(work, ignore_errors=True)

        return cache.kept(f"templates/{self.prefix.name}-{getpass.getuser()}", make) / "data"

    def argv(self) -> list[str]:
        """The command line."""
        return [str(self.tools / self.daemon), f"--defaults-file={self.folder / 'my.cnf'}"]

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
