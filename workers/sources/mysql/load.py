"""Loads one segment over a connection of its own: a data segment wholly or not at all, and never twice. Floor: tools.

A data segment runs in one transaction together with a row in a small table of the restored database, so that a worker that was
killed leaves nothing behind, and a message that comes twice finds that its segment is there already. Tables without transactions keep
half of what was loaded: such a segment notes that it was begun, and where its worker was lost the restore fails instead of doubling rows.

No client program stands between: it would look at every byte for commands of its own (4.2 CPU seconds for 540 MB, here 1.0),
and what it says of a refused statement is people's data.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pymysql

from workers.artifact import Order, Segment
from workers.errors import Failure, Permanent, Transient
from workers.sources.mysql import infile
from workers.sources.mysql.exact import batched
from workers.sources.mysql.faults import NO_SERVER, number, quoted
from workers.sources.mysql.place import LOADED, inside, work
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.statements import only, statements

_AGAIN = NO_SERVER | {1205, 1213}  # waited too long for a lock, deadlock: the other loader's part of the same table
_NO_TABLE = 1146
_BEGUN = 1 << 31  # added to the number of a segment that cannot be rolled back, when it is begun
_MARK = f"INSERT INTO {quoted(LOADED)} VALUES (%s)"
_HALVES = (
    "SELECT table_name, engine FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name IN %s AND engine <> 'InnoDB' ORDER BY 1"
)
_WAIT = 3600  # seconds; the transaction of a worker that was killed may still be rolling back, or committing: its row is waited for


def data(server: Server, order: Order, segment: Segment, plain: Path) -> None:
    """Load what the order wants of a data segment. Transient where another try may do it: nothing was loaded then."""
    into = work(order)
    doing = f"loading segment {segment.number} into"
    with inside(server, into, doing) as session:
        if _is_loaded(session, into, segment):
            return
        try:
            if halves := _keep_halves(session, segment):
                _begin(session, segment, halves)
                _send(session, segment, only(statements(plain), order.objects))
                rows(session, _MARK, (segment.number,))
                return
            _whole(session, order, segment, plain)
            return
        except pymysql.MySQLError as error:
            failed, reason = _judged(segment, error), error
    # Perhaps only the answer to the commit was lost, or another worker's commit came first: the row tells.
    with inside(server, into, doing) as session:
        if not _is_loaded(session, into, segment):
            raise failed from reason


def _whole(session: Session, order: Order, segment: Segment, plain: Path) -> None:
    """The segment and its mark in one transaction; without INSERT what goes without, and all by INSERT where the server objects."""
    rows(session, f"SET SESSION innodb_lock_wait_timeout = {_WAIT}, autocommit = 0")
    for known in (infile.tables(session, segment.objects), infile.NONE):
        rows(session, _MARK, (segment.number,))
        with suppress(infile.Unfit):
            _send(session, segment, only(statements(plain), order.objects), known)
            session.commit()
            return
        session.rollback()


def _keep_halves(session: Session, segment: Segment) -> list[str]:
    """The tables of a segment that no transaction holds together."""
    found = rows(session, _HALVES, (segment.objects or ("",),))
    return [f"{name} ({engine})" for name, engine in found]


def _begin(session: Session, segment: Segment, halves: list[str]) -> None:
    try:
        rows(session, _MARK, (segment.number + _BEGUN,))
    except pymysql.IntegrityError as error:
        raise Permanent(
            f"segment {segment.number} was begun by a worker that was lost, and {', '.join(halves)} cannot be rolled back;"
            " begin the restore again"
        ) from error


def corrections(server: Server, order: Order, segment: Segment, plain: Path) -> None:
    """Load what the order wants of a correction segment: it commits by itself, and loaded twice it changes nothing."""
    with inside(server, work(order), f"loading segment {segment.number} into") as session:
        try:
            _send(session, segment, batched(only(statements(plain), order.objects)))
        except pymysql.MySQLError as error:
            raise _judged(segment, error) from error


def _is_loaded(session: Session, into: str, segment: Segment) -> bool:
    try:
        return bool(rows(session, f"SELECT 1 FROM {quoted(LOADED)} WHERE number = %s", (segment.number,)))
    except pymysql.MySQLError as error:
        if number(error) != _NO_TABLE:
            raise
        raise Permanent(f"segment {segment.number} was not loaded: no restore is going on in {into}") from error


def _send(session: Session, segment: Segment, found: Iterable[bytes], known: infile.Tables = infile.NONE) -> None:
    rows(session, f"SET NAMES {segment.charset}")
    limit = int(value(session, "SELECT @@max_allowed_packet"))
    for statement in found:
        if infile.load(session, known, statement):
            continue
        if len(statement) >= limit:  # the server would only hang up
            raise Permanent(
                f"segment {segment.number} ({_objects(segment)}) was not loaded: a statement has {len(statement):,} bytes, the server"
                f" takes {limit:,}; paste as an administrator: SET GLOBAL max_allowed_packet = 1073741824;"
            )
        session.query(statement)


def _judged(segment: Segment, error: pymysql.MySQLError) -> Failure:
    """The failure of a segment that the server refused, in the server's words."""
    words = str(error.args[-1])[:300] if error.args else type(error).__name__
    text = f"segment {segment.number} ({_objects(segment)}) was not loaded: {words} ({number(error)})"
    return Transient(text) if number(error) in _AGAIN else Permanent(text)


def _objects(segment: Segment) -> str:
    return ", ".join(segment.objects[:3])
