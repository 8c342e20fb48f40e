"""What of a transaction belongs to the target's database: all of it, nothing, or some of its events. Floor: tools."""

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workers.errors import Refused
from workers.sources.mysql.replay import decoding
from workers.sources.mysql.replay.decoding import Query
from workers.sources.mysql.replay.events import CHECKSUM, HEADER, ROWS, Kind, Log
from workers.sources.mysql.replay.statements import Target, Whose, judge, leniently
from workers.sources.mysql.replay.transactions import Transaction

_STATEMENT_END = 1  # flag of the last event of rows of a statement
_FLAGS = HEADER.size + 6
_SIZE = slice(9, 13)  # of an event, in its header
_NOT_ROWS = frozenset({Kind.INTVAR, Kind.RAND, Kind.USER_VAR, Kind.BEGIN_LOAD, Kind.EXECUTE_LOAD})
_CHANGES = re.compile(rb"(?:\s|/\*.*?\*/)*(?:INSERT|UPDATE|DELETE|REPLACE|LOAD)\b", re.IGNORECASE | re.DOTALL)
_CONTROLS = (b"BEGIN", b"COMMIT", b"ROLLBACK", b"SAVEPOINT", b"RELEASE", b"XA ")
_XA_END, _XA_DONE = b"XA END ", (b"XA COMMIT ", b"XA ROLLBACK ")


class Piece(NamedTuple):
    """An event of a transaction as it is looked at: its kind, and its bytes with the header but without a checksum."""

    kind: int
    data: bytes


class Sifted(NamedTuple):
    """The verdict on a transaction: whether something of it is the target's, and whether something is not.

    `others` are databases that its statements name, `definitions` its own statements.
    """

    ours: bool
    theirs: bool
    others: frozenset[str] = frozenset()
    definitions: tuple[Query, ...] = ()


class Sieve:
    """Tells transactions apart. Prepared ones (XA) end in another transaction, which goes the same way."""

    def __init__(self, target: Target) -> None:
        """Nothing was looked at yet."""
        self.target = target
        self._named: dict[bytes, bool] = {}
        self._left: set[bytes] = set()

    def sift(self, transaction: Transaction) -> Sifted:
        """The verdict. Refused where statements were logged instead of rows."""
        found = self._judge(transaction)
        for sql in _controls(transaction):
            if sql.startswith(_XA_DONE):
                xid = sql.partition(b" ")[2].partition(b" ")[2]
                if xid in self._left:
                    self._left.discard(xid)
                    return Sifted(ours=False, theirs=True)
                found = found._replace(ours=found.ours or not found.theirs)
            elif sql.startswith(_XA_END) and not found.ours:
                self._left.add(sql.removeprefix(_XA_END))
        return found

    def _judge(self, transaction: Transaction) -> Sifted:
        ours = theirs = False
        others: set[str] = set()
        definitions: list[Query] = []
        for piece in _looked_at(transaction):
            if piece.kind == Kind.TABLE_MAP:
                is_ours = self._is_ours(piece.data)
            else:
                query = decoding.query_of(piece.kind, piece.data[HEADER.size :])
                if _is_control(query.sql):
                    others.add(query.database)
                    continue
                _is_definition(transaction, query.sql)
                judged = judge(query, self.target)
                is_ours = judged.whose is Whose.OURS
                others |= judged.others
                definitions += [query] if is_ours else []
                theirs = theirs or judged.mixed
            ours, theirs = ours or is_ours, theirs or not is_ours
        named = frozenset(name for name in others if name and not self.target.is_named(name))
        return Sifted(ours, theirs, named, tuple(definitions))

    def _is_ours(self, event: bytes) -> bool:
        name = event[HEADER.size + 9 : HEADER.size + 9 + event[HEADER.size + 8]]
        if (known := self._named.get(name)) is None:
            known = self._named[name] = self.target.is_named(decoding.table(event)[1])
        return known

    def rest(self, transaction: Transaction) -> bytes:
        """The events of a mixed transaction that are the target's, sealed anew: no row of another database is left in them."""
        kept: list[Piece] = []
        maps: dict[int, bool] = {}
        statement: list[Piece] = []
        for piece in _pieces(transaction):
            if piece.kind in (Kind.TABLE_MAP, Kind.ROWS_QUERY, Kind.ANNOTATE) or piece.kind in ROWS:
                statement.append(piece)
                if piece.kind == Kind.TABLE_MAP:
                    maps[decoding.number(piece.data)] = self._is_ours(piece.data)
                elif piece.kind in ROWS and piece.data[_FLAGS] & _STATEMENT_END:
                    kept += _of_statement(statement, maps)
                    statement, maps = [], {}
            else:
                kept += self._kept(piece)
        return b"".join(sealed(transaction.log, piece.data) for piece in kept)

    def _kept(self, piece: Piece) -> list[Piece]:
        """What of an event that is no row belongs to the target."""
        if piece.kind not in (Kind.QUERY, Kind.QUERY_COMPRESSED):
            return [piece]
        query = decoding.query_of(piece.kind, piece.data[HEADER.size :])
        judged = judge(query, self.target)
        if judged.mixed:
            return [Piece(Kind.QUERY, decoding.said_anew(piece.data, leniently(query.sql)))]
        return [piece] if _is_control(query.sql) or judged.whose is Whose.OURS else []


def sealed(log: Log, event: bytes) -> bytes:
    """An event with its right size and, where the log has them, its checksum."""
    whole = event[: _SIZE.start] + (len(event) + log.tail).to_bytes(4, "little") + event[_SIZE.stop :]
    return whole + zlib.crc32(whole).to_bytes(CHECKSUM, "little") if log.tail else whole


def _of_statement(statement: Sequence[Piece], maps: dict[int, bool]) -> list[Piece]:
    """The events of one statement that are the target's; the last one of rows says that the statement ends."""
    is_row = [piece.kind == Kind.TABLE_MAP or piece.kind in ROWS for piece in statement]
    kept = [piece for piece, row in zip(statement, is_row, strict=True) if not row or maps.get(decoding.number(piece.data), False)]
    if not kept or kept[-1].kind not in ROWS:
        return []
    last = kept[-1]
    ended = last.data[:_FLAGS] + bytes((last.data[_FLAGS] | _STATEMENT_END,)) + last.data[_FLAGS + 1 :]
    return [*kept[:-1], Piece(last.kind, ended)]


def _looked_at(transaction: Transaction) -> Iterator[Piece]:
    """The tables and statements of a transaction."""
    log, data = transaction.log, transaction.log.data
    for event in transaction.events[1:]:
        if event.kind in (Kind.TABLE_MAP, Kind.QUERY, Kind.QUERY_COMPRESSED):
            yield Piece(event.kind, data[event.start : event.end - log.tail])
        elif event.kind == Kind.PAYLOAD:
            yield from (Piece(kind, inner) for kind, inner in decoding.payload(log, event) if kind in (Kind.TABLE_MAP, Kind.QUERY))
        elif event.kind in _NOT_ROWS:
            raise _not_rows(transaction)


def _pieces(transaction: Transaction) -> Iterator[Piece]:
    """All events of a transaction; a compressed one is opened."""
    log = transaction.log
    for event in transaction.events:
        if event.kind == Kind.PAYLOAD:
            yield from (Piece(kind, inner) for kind, inner in decoding.payload(log, event))
        else:
            yield Piece(event.kind, log.data[event.start : event.end - log.tail])


def _controls(transaction: Transaction) -> Iterator[bytes]:
    """What a transaction says of XA; only one that has a statement behind its rows or nothing else can."""
    for event in transaction.events[1:]:
        if event.kind in (Kind.QUERY, Kind.QUERY_COMPRESSED):
            sql = decoding.query(transaction.log, event).sql
            if sql.startswith(b"XA "):
                yield sql


def _is_control(sql: bytes) -> bool:
    return sql.lstrip()[:12].upper().startswith(_CONTROLS)


def _is_definition(transaction: Transaction, sql: bytes) -> None:
    if _CHANGES.match(sql):
        raise _not_rows(transaction)


def _not_rows(transaction: Transaction) -> Refused:
    return Refused(
        f"{transaction.log.name} holds statements instead of rows at {transaction.start}: what they did cannot be repeated exactly; "
        "set binlog_format = ROW on the live server and make a new full backup"
    )
