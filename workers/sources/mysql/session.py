"""Connections to one server, and what its client programs need to reach it. Floor: tools."""

import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pymysql
from pydantic import SecretStr
from pymysql.connections import Connection
from pymysql.constants import CLIENT

from workers.command import ORDINARY, Manners
from workers.errors import Failure, Permanent
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.tools import Flavour, Program, Tool, find

if TYPE_CHECKING:
    Session: TypeAlias = Connection[Any]
else:  # generic in its type stubs only
    Session = Connection
_CONNECT_SECONDS = 10
_YEAR = 31536000  # the longest wait_timeout that both flavours accept: an idle guard connection must outlive any dump


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answered once: how to reach it, whose it is, and its version. Where not `logged`, nothing goes into its binary log.

    Where not `peopled`, it is a scratch server, which has nobody's accounts, and needs none. `manners` are those of the programs that read
    from it.
    """

    options: MysqlOptions
    password: SecretStr | None
    flavour: Flavour
    version: str
    logged: bool = True
    peopled: bool = True
    manners: Manners = ORDINARY

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers, for comparisons: (9, 7, 4)."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])

    def connect(self, database: str | None = None) -> Session:
        """A new connection: utf8mb4, autocommit, UTC, an sql_mode under which SHOW CREATE quotes with backticks."""
        session = connect(self.options, self.password, database)
        if not self.logged:
            self._hush(session)
        return session

    def _hush(self, session: Session) -> None:
        try:
            with told(Moment(self.options, "keeping a trial out of the binary log")):
                rows(session, "SET SESSION sql_log_bin = 0")
        except Failure:
            session.close()
            raise

    def tool(self, program: Program) -> Tool:
        """The client program of the server's flavour. Permanent where there is none."""
        return find(program, self.flavour, self.options.tools)

    @contextmanager
    def option_file(self) -> Iterator[Path]:
        """A file for `--defaults-file` (mode 0600, in a folder of its own), gone afterwards: the password never is in argv."""
        with tempfile.TemporaryDirectory(prefix=f"canvasback-{os.getpid()}-") as folder:
            path = Path(folder, "client.cnf")
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(self._option_text())
            yield path

    def _option_text(self) -> str:
        options = self.options
        secret = self.password.get_secret_value() if self.password is not None else ""
        pairs = [("user", options.user), ("password", secret)]
        if options.socket is not None:
            pairs += [("protocol", "socket"), ("socket", str(options.socket))]
        else:
            pairs += [("protocol", "tcp"), ("host", str(options.host)), ("port", str(options.port))]
        if self.flavour is Flavour.MARIADB:
            # From 11.4 on the client also checks the certificate, which a server's self-made one fails.
            pairs += [("ssl", str(int(options.encrypted))), ("ssl-verify-server-cert", "0")]
        else:
            # Without TLS a cold caching_sha2_password account answers 2061 unless the key is asked for.
            pairs += [("ssl-mode", "REQUIRED" if options.encrypted else "DISABLED"), ("loose-get-server-public-key", "1")]
        return "[client]\n" + "".join(f"{name}={option_value(value)}\n" for name, value in pairs)


def environment(option_file: Path) -> dict[str, str]:
    """The environment of a client program: MySQL's also read ~/.mylogin.cnf, which would override the option file."""
    return {"MYSQL_TEST_LOGIN_FILE": str(option_file.with_name("none"))}


def open_server(options: MysqlOptions, password: SecretStr | None) -> Server:
    """Log in once and see whose server it is. Transient where none answers, Permanent where it refuses us."""
    session = connect(options, password)
    try:
        version = str(value(session, "SELECT VERSION()"))
    finally:
        session.close()
    flavour = Flavour.MARIADB if "mariadb" in version.lower() else Flavour.MYSQL
    return Server(options, password, flavour, version)


def connect(options: MysqlOptions, password: SecretStr | None, database: str | None = None) -> Session:
    """A new connection; see `Server.connect`."""
    with told(Moment(options, "connecting")):
        return pymysql.connect(
            host=options.host,
            port=options.port,
            unix_socket=str(options.socket) if options.socket is not None else None,
            user=options.user,
            password=(password.get_secret_value() if password is not None else "").encode(),  # the driver would take latin1
            database=database,
            charset="utf8mb4",
            autocommit=True,
            client_flag=CLIENT.LOCAL_FILES,  # for `infile`; without the driver's `local_infile` it opens no file, whatever is asked of it
            connect_timeout=_CONNECT_SECONDS,
            ssl=_tls() if options.encrypted else None,
            ssl_disabled=not options.encrypted,
            init_command=f"SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', wait_timeout = {_YEAR}",
        )


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    # Servers make their own certificates; this keeps listeners out, as the client programs' REQUIRED does.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def rows(session: Session, sql: str, args: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement; the driver's exceptions pass."""
    with session.cursor() as cursor:
        cursor.execute(sql, args or None)
        return list(cursor.fetchall())


def value(session: Session, sql: str, args: tuple[object, ...] = ()) -> Any:
    """The first field of the first row. Permanent where there is none."""
    if not (found := rows(session, sql, args)):
        raise Permanent(f"the server answers nothing to {sql}")
    return found[0][0]


def option_value(value: str) -> str:
    """A value as option files want it: in quotes, so that `#` and blanks stay; escapes as in my_default.cc of both flavours."""
    if "\0" in value:
        raise Permanent("a user, password or path holds a NUL character, which no client program can be given")
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(plain, escaped)
    return f'"{value}"'
