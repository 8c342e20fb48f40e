"""Everything that shipping the logs of a server needs, looked at without changing anything. Floor: tools."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import TypeAlias

import pymysql

from workers.errors import Failure
from workers.ports import Finding
from workers.sources.mysql.faults import Moment, failure
from workers.sources.mysql.logs.server import expiry
from workers.sources.mysql.privileges import Need, grant, missing
from workers.sources.mysql.session import Server, Session, value
from workers.sources.mysql.tools import Flavour, Program

Look: TypeAlias = Callable[[Server, Session, timedelta], Iterator[Finding]]

_ROUNDS = 3  # shippings that may fail one after another before a log is purged that nobody has


def needs(server: Server) -> tuple[Need, ...]:
    """The least privileges of a shipping, by flavour (tested with exactly these)."""
    reading = ("BINLOG MONITOR", "REPLICATION CLIENT", "SUPER") if server.flavour is Flavour.MARIADB else ("REPLICATION CLIENT", "SUPER")
    return (
        Need(("RELOAD",), "*", "closes the log that is being written (FLUSH BINARY LOGS)"),
        Need(reading, "*", "lists the binary logs"),
        Need(("REPLICATION SLAVE",), "*", "fetches the binary logs"),
    )


def examine(server: Server, every: timedelta) -> tuple[Finding, ...]:
    """All findings."""
    with closing(server.connect()) as session:
        return tuple(finding for look in _LOOKS for finding in _safely(look, server, session, every))


def _safely(look: Look, server: Server, session: Session, every: timedelta) -> Iterator[Finding]:
    title = f"logs: {look.__name__.strip('_')}"
    try:
        yield from look(server, session, every)
    except pymysql.MySQLError as error:
        yield Finding(False, title, failure(error, Moment(server.options, "looking", running=True)).reason)
    except Failure as error:
        yield Finding(False, title, error.reason)


def _program(server: Server, session: Session, every: timedelta) -> Iterator[Finding]:
    tool = server.tool(Program.LOGS)
    yield Finding(True, "log program", f"{tool.path} {tool.version}")


def _privileges(server: Server, session: Session, every: timedelta) -> Iterator[Finding]:
    wanted = needs(server)
    lacking = missing(server, session, wanted)
    for need in wanted:
        ok = need not in lacking
        found = f"{'held' if ok else 'missing'} on *.*: {need.why}"
        yield Finding(ok, f"privilege {need.names[0]} (logs)", found, "" if ok else grant(server, session, need))


def _expiry(server: Server, session: Session, every: timedelta) -> Iterator[Finding]:
    seconds, least = expiry(session), every.total_seconds() * _ROUNDS
    ok = seconds == 0 or seconds >= least
    found = (
        f"the server purges a log after {seconds:.0f} s, it is shipped every {every.total_seconds():.0f} s" if seconds else "never purged"
    )
    remedy = f"SET GLOBAL binlog_expire_logs_seconds = {max(86400 * 3, round(least))};"
    yield Finding(ok, "logs are kept until shipped", found, "" if ok else remedy)


def _replica(server: Server, session: Session, every: timedelta) -> Iterator[Finding]:
    if server.flavour is Flavour.MYSQL:
        ok = bool(value(session, "SELECT @@log_replica_updates" if server.release >= (8, 0, 26) else "SELECT @@log_slave_updates"))
        name = "log_replica_updates"
    else:
        ok = bool(value(session, "SELECT @@log_slave_updates")) or not value(session, "SELECT @@GLOBAL.gtid_slave_pos")
        name = "log_slave_updates"
    remedy = f"set {name} in the server's configuration and restart it: what a replica receives is not in its logs otherwise"
    yield Finding(ok, name, "replicated changes are logged, or there are none" if ok else "off", "" if ok else remedy)


_LOOKS: tuple[Look, ...] = (_program, _privileges, _expiry, _replica)
