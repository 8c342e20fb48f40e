"""Everything that a backup of one database needs, looked at without changing anything. Floor: tools."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

import pymysql
from pydantic import SecretStr

from workers.errors import Failure
from workers.gentle import Ceiling
from workers.ports import Finding
from workers.sources.mysql.definitions import SNAPSHOT, Table, read_tables, refused, remedy
from workers.sources.mysql.faults import Moment, failure, number
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.pressure import read
from workers.sources.mysql.privileges import SIGHT, grant, locking, missing, needs
from workers.sources.mysql.session import Server, Session, open_server, rows, value
from workers.sources.mysql.tools import Flavour, Program

Look: TypeAlias = Callable[[Server, Session], Iterator[Finding]]

_OLDEST = {Flavour.MYSQL: (8, 0), Flavour.MARIADB: (10, 6)}
_CLOCK_SECONDS = 5.0
_EXPIRE_SECONDS = 86400  # logs younger than a day: an outage of the log worker over one night would already be a gap
_PACKET = 16 << 20
_WRITE_SECONDS = 600
_UNKNOWN_VARIABLE = 1193


def examine(options: MysqlOptions, password: SecretStr | None, ceiling: Ceiling | None = None) -> tuple[Finding, ...]:
    """All findings; those after a failed login are left out, for nobody could know them. `ceiling`: of the plan."""
    load = (partial(_load, ceiling),) if ceiling else ()
    return answers(options, password, (server, *_OF_A_DUMP, *AT_ALL, *load))


def answers(options: MysqlOptions, password: SecretStr | None, looks: Iterable[Look]) -> tuple[Finding, ...]:
    """What each look finds, over one connection."""
    try:
        there = open_server(options, password)
    except Failure as error:
        return (Finding(False, "login", error.reason, "see `socket`, `host`, `user` in the settings and the target's password secret"),)
    with closing(there.connect()) as session:
        return tuple(finding for look in looks for finding in _safely(look, there, session))


def _safely(look: Look, server: Server, session: Session) -> Iterator[Finding]:
    try:
        yield from look(server, session)
    except pymysql.MySQLError as error:
        told = failure(error, Moment(server.options, "looking", running=True))
        yield Finding(False, _title(look), told.reason)
    except Failure as error:
        yield Finding(False, _title(look), error.reason)


def _title(look: Callable[..., Any]) -> str:
    name = look.func.__name__ if isinstance(look, partial) else look.__name__
    return str(name).strip("_").replace("_", " ")


def server(server: Server, session: Session) -> Iterator[Finding]:
    """Login and version."""
    yield Finding(True, "login", f"{server.options.user} on {server.options.address}")
    oldest = _OLDEST[server.flavour]
    fine = server.release >= oldest
    yield Finding(fine, "server", f"{server.flavour} {server.version}", "" if fine else f"needs {'.'.join(map(str, oldest))} or later")


def _dump_program(server: Server, session: Session) -> Iterator[Finding]:
    tool = server.tool(Program.DUMP)
    yield Finding(True, "dump program", f"{tool.path} {tool.version}")


def _client_program(server: Server, session: Session) -> Iterator[Finding]:
    tool = server.tool(Program.CLIENT)
    yield Finding(True, "client program", f"{tool.path} {tool.version}")


def _database(server: Server, session: Session) -> Iterator[Finding]:
    name = server.options.database
    session.select_db(name)
    tables = read_tables(server, session)
    yield Finding(True, "database", f"{name}: {len(tables)} tables")
    yield from _engines(server, session, tables)


def _engines(server: Server, session: Session, tables: Sequence[Table]) -> Iterator[Finding]:
    others = [f"{table.name} ({table.engine})" for table in tables if table.engine != SNAPSHOT]
    if odd := refused(server, tables):
        yield Finding(False, "engines", ", ".join(odd), remedy(server))
        return
    yield Finding(True, "engines", f"locked against writing until they are read: {', '.join(others)}" if others else "all InnoDB")
    if others and missing(server, session, (need := locking(server),)):
        yield Finding(False, "privilege LOCK TABLES", f"missing on {need.scope}.*: {need.why}", grant(server, session, need))


def _waiting_writers(server: Server, session: Session) -> Iterator[Finding]:
    """Measured: BACKUP STAGE BLOCK_DDL holds up writes to these two, and lets those to Aria, MEMORY and InnoDB through."""
    if server.flavour is Flavour.MYSQL:
        return
    count = value(session, "SELECT COUNT(*) FROM information_schema.tables WHERE engine IN ('MyISAM', 'CSV') AND table_schema <> 'mysql'")
    if count:
        found = f"writing to MyISAM and CSV tables, {count} on this whole server, waits until a dump has ended"
        yield Finding(True, "waiting writers", found, "ALTER TABLE … ENGINE=Aria or InnoDB")


def _privileges(server: Server, session: Session) -> Iterator[Finding]:
    lacking = missing(server, session)
    for need in needs(server):
        ok = need not in lacking
        where = "*.*" if need.scope == "*" else f"{need.scope}.*"
        found = f"{'held' if ok else 'missing'} on {where}: {need.why}"
        yield Finding(ok, f"privilege {need.names[0]}", found, "" if ok else grant(server, session, need))


def _long_statements(server: Server, session: Session) -> Iterator[Finding]:
    """No more than advice: the dump is right without it, but may hold up others behind a statement that it cannot see."""
    if server.flavour is Flavour.MARIADB:  # grants its lock beside them
        return
    blind = missing(server, session, (SIGHT,))
    found = "only this account's own are seen before commits are stopped" if blind else "seen before commits are stopped"
    yield Finding(True, "long statements", found, grant(server, session, SIGHT) if blind else "")


def _binary_log(server: Server, session: Session) -> Iterator[Finding]:
    on = bool(value(session, "SELECT @@log_bin"))
    remedy = "set log_bin and server_id in the server's configuration and restart it: without it no point in time can be restored"
    yield Finding(on, "log_bin", "on" if on else "off", "" if on else remedy)
    if not on:
        return
    form = str(value(session, "SELECT @@GLOBAL.binlog_format"))
    yield Finding(form == "ROW", "binlog_format", form, "" if form == "ROW" else "SET GLOBAL binlog_format = 'ROW';")
    sync = int(value(session, "SELECT @@GLOBAL.sync_binlog"))
    yield Finding(sync == 1, "sync_binlog", str(sync), "" if sync == 1 else "SET GLOBAL sync_binlog = 1;")
    if server.flavour is Flavour.MYSQL:
        mode = str(value(session, "SELECT @@GLOBAL.gtid_mode"))
        yield Finding(mode == "ON", "gtid_mode", mode, "" if mode == "ON" else "set gtid_mode and enforce_gtid_consistency to ON")
    yield _expiry(session)


def _expiry(session: Session) -> Finding:
    try:
        seconds = int(value(session, "SELECT @@GLOBAL.binlog_expire_logs_seconds"))
    except pymysql.MySQLError as error:
        if number(error) != _UNKNOWN_VARIABLE:
            raise
        seconds = int(float(value(session, "SELECT @@GLOBAL.expire_logs_days")) * 86400)
    ok = seconds == 0 or seconds >= _EXPIRE_SECONDS
    found = f"{seconds} s" if seconds else "never"
    return Finding(ok, "binlog_expire_logs_seconds", found, "" if ok else f"SET GLOBAL binlog_expire_logs_seconds = {_EXPIRE_SECONDS * 3};")


def _limits(server: Server, session: Session) -> Iterator[Finding]:
    packet = int(value(session, "SELECT @@GLOBAL.max_allowed_packet"))
    fine = packet >= _PACKET
    yield Finding(fine, "max_allowed_packet", f"{packet >> 20} MiB", "" if fine else f"SET GLOBAL max_allowed_packet = {_PACKET};")
    if server.flavour is Flavour.MARIADB:
        # mariadb-dump cannot raise it for its own session, as mysqldump does: a full spool would make the server hang up.
        seconds = int(value(session, "SELECT @@GLOBAL.net_write_timeout"))
        ok = seconds >= _WRITE_SECONDS
        yield Finding(ok, "net_write_timeout", f"{seconds} s", "" if ok else "SET GLOBAL net_write_timeout = 3600;")


def _clock(server: Server, session: Session) -> Iterator[Finding]:
    [(theirs,)] = rows(session, "SELECT UTC_TIMESTAMP(6)")
    apart = abs((datetime.now(UTC) - theirs.replace(tzinfo=UTC)).total_seconds())
    fine = apart <= _CLOCK_SECONDS
    yield Finding(fine, "clock", f"{apart:.1f} s apart", "" if fine else "let one time service set both clocks: points in time go by them")


def _load(ceiling: Ceiling, server: Server, session: Session) -> Iterator[Finding]:
    yield Finding(True, "load", f"{ceiling.counter} is {read(session, ceiling.counter)}, the plan allows {ceiling.most}")


_OF_A_DUMP: tuple[Look, ...] = (_dump_program, _client_program, _database, _waiting_writers, _privileges, _long_statements)
AT_ALL: tuple[Look, ...] = (_binary_log, _limits, _clock)  # for any kind of full
