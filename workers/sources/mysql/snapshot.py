"""One consistent moment: commits stop for some 50 ms while every reader opens its snapshot. Floor: tools.

MySQL: FLUSH TABLES WITH READ LOCK, killed and asked again where it waits, since a waiting one stalls every writer (0 of 76 wrong;
`LOCK INSTANCE FOR BACKUP` alone was wrong 14 of 14 times). MariaDB: BACKUP STAGE BLOCK_COMMIT (0 of 81 wrong, first try always).
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pymysql

from workers.artifact import Position
from workers.errors import Permanent
from workers.sources.mysql.engines import Still
from workers.sources.mysql.faults import number
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.stream import Stream
from workers.sources.mysql.tools import Flavour

_PATIENCE = 0.3  # writers stall at most this long for one attempt
_OPEN_SECONDS = 10.0
_LONG_STATEMENT = 1  # seconds; behind one, new statements on its table would hang until it ends, even after a killed FTWRL
_STAGES = tuple(f"BACKUP STAGE {stage}" for stage in ("START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT"))
_WAITED = 1205
_NOT_GRANTED = frozenset({_WAITED, 1317, 1927, 1969, 2006, 2013})  # the others are the faces of a killed connection or statement
_SYNTAX = 1064
# What waits in GET_LOCK or SLEEP holds no table unless it reads one. Without the PROCESS privilege only the account's own are seen.
_LONG = (
    "SELECT id, user, time FROM information_schema.processlist WHERE command IN ('Query', 'Execute') AND id <> CONNECTION_ID()"
    f" AND time > {_LONG_STATEMENT} AND user NOT IN ('system user', 'event_scheduler')"
    " AND (COALESCE(state, '') NOT IN ('User lock', 'User sleep') OR info LIKE '% from %')"
    " ORDER BY time DESC"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The moment: its readers, the place in the binary log (None where the log is off), and the server's own UTC clock.

    `held`: seconds from asking for the lock, which may stall writers already, until they could go on.
    """

    streams: tuple[Stream, ...]
    reader: Session
    position: Position | None
    instant: datetime
    held: float


@contextmanager
def snapshot(server: Server, start: Callable[[], Iterator[Stream]], still: Still) -> Iterator[Snapshot]:
    """Open the snapshot: `start` starts the dump processes while commits stand still. All readers are closed on leaving.

    Tables without a snapshot are held `still` from then on.
    """
    streams: list[Stream] = []
    reader = server.connect(server.options.database)
    try:
        lock, asked = _stop_commits(server, still)
        try:
            if server.flavour is Flavour.MYSQL:
                still.hold()
            deadline = time.monotonic() + min(_OPEN_SECONDS, server.options.lock_wait)
            for stream in start():
                streams.append(stream)  # noqa: PERF402 - one by one, so that those already started are ended when the next one fails
            rows(reader, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            rows(reader, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
            for stream in streams:
                stream.wait_open(deadline)
            position, instant = _position(server, lock), value(lock, "SELECT UTC_TIMESTAMP(6)")
            # An error here means that the lock was lost meanwhile: then the snapshot proves nothing.
            rows(lock, "BACKUP STAGE END" if server.flavour is Flavour.MARIADB else "UNLOCK TABLES")
            held = time.monotonic() - asked
        finally:
            lock.close()
        yield Snapshot(tuple(streams), reader, position, instant.replace(tzinfo=UTC), held)
    finally:
        for stream in streams:
            stream.end()
        reader.close()


def keep_ddl_away(server: Server, guard: Session) -> None:
    """Make DDL wait, and let DML through, as long as `guard` stays connected. Permanent where `lock_wait` seconds were not enough.

    On MariaDB only after the snapshot was opened: the server has one BACKUP STAGE at a time.
    """
    wait = server.options.lock_wait
    rows(guard, f"SET SESSION lock_wait_timeout = {wait}")
    try:
        for statement in _STAGES[:3] if server.flavour is Flavour.MARIADB else ("LOCK INSTANCE FOR BACKUP",):
            rows(guard, statement)
    except pymysql.MySQLError as error:
        if number(error) != _WAITED:
            raise
        raise Permanent(
            f"DDL on {server.options.address} could not be held off within lock_wait = {wait} s: an ALTER is going on there,"
            " or another backup; look at SHOW PROCESSLIST and run the backup again"
        ) from error


def _stop_commits(server: Server, still: Still) -> tuple[Session, float]:
    """A connection that holds the lock, and when (monotonic) it asked for it. Permanent where `lock_wait` seconds were not enough."""
    killer, wait = server.connect(), server.options.lock_wait
    deadline = time.monotonic() + wait
    try:
        while time.monotonic() < deadline:
            if server.flavour is Flavour.MYSQL:  # MariaDB grants its lock beside a long SELECT
                _wait_for_quiet(server, killer, deadline)
            asked = time.monotonic()
            if (lock := _ask(server, killer, still)) is not None:
                return lock, asked
            time.sleep(min(random.uniform(0.5, 1.5), max(0.0, deadline - time.monotonic())))  # noqa: S311 - jitter, no secret
    finally:
        killer.close()
    raise Permanent(
        f"commits on {server.options.address} could not be stopped within lock_wait = {wait} s, in attempts of {_PATIENCE} s: "
        "a long statement, an ALTER or another backup holds it up; look at SHOW PROCESSLIST and run the backup again"
    )


def _ask(server: Server, killer: Session, still: Still) -> Session | None:
    """One attempt: the lock's connection, or None where it was not granted in time."""
    lock = server.connect()
    # The server lets go by itself even if this process hangs.
    rows(lock, "SET SESSION lock_wait_timeout = 2, wait_timeout = 30")
    timer = threading.Timer(_PATIENCE, _kill, (killer, value(lock, "SELECT CONNECTION_ID()")))
    timer.start()
    try:
        try:
            if server.flavour is Flavour.MARIADB:
                still.hold()
            for statement in _STAGES if server.flavour is Flavour.MARIADB else ("FLUSH TABLES WITH READ LOCK",):
                rows(lock, statement)
        finally:
            timer.cancel()
            timer.join()
        rows(lock, "DO 0")  # fails where the kill was sent in the last moment
    except pymysql.MySQLError as error:
        lock.close()
        if number(error) not in _NOT_GRANTED:
            raise
        still.drop()
        return None
    return lock


def _kill(killer: Session, connection: int) -> None:
    with suppress(pymysql.MySQLError):  # it may have ended by itself
        rows(killer, f"KILL {connection}")


def _wait_for_quiet(server: Server, session: Session, deadline: float) -> None:
    """Wait for statements that run long; Permanent, naming one, where it still runs at the deadline."""
    while found := rows(session, _LONG):
        if time.monotonic() > deadline:
            connection, user, seconds = found[0]
            raise Permanent(
                f"a statement of {user!r} (connection {connection}) has run for {seconds} s: stopping commits behind it would hold up "
                f"others until it ends; lock_wait = {server.options.lock_wait} s were waited, nothing was locked"
            )
        time.sleep(0.5)


def _position(server: Server, lock: Session) -> Position | None:
    if server.flavour is Flavour.MARIADB:
        found, gtid = rows(lock, "SHOW MASTER STATUS"), value(lock, "SELECT @@GLOBAL.gtid_binlog_pos")
    else:
        found, gtid = _binary_log_status(lock), value(lock, "SELECT @@GLOBAL.gtid_executed")
    return Position(str(found[0][0]), int(found[0][1]), str(gtid).replace("\n", "")) if found else None


def _binary_log_status(lock: Session) -> list[tuple[object, ...]]:
    """The row under its new name, which 8.2 brought, else under the old one, which 8.4 took away."""
    try:
        return rows(lock, "SHOW BINARY LOG STATUS")
    except pymysql.MySQLError as error:
        if number(error) != _SYNTAX:
            raise
    return rows(lock, "SHOW MASTER STATUS")
