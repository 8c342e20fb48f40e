"""What single events say: which transaction, which statement, which table. Layouts as in log_event.h of both servers. Floor: tools."""

import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import zstandard

from workers.errors import Corrupt
from workers.sources.mysql.replay.events import HEADER, Event, Kind, Log

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GTID = struct.Struct("<B16sq")  # flags, uuid, number
_COMMITTED = 19 + 16 + 7  # where the time of the commit stands in a GTID event: behind a byte and the two numbers of the logical clock
_QUERY = struct.Struct("<IIBHH")  # thread, seconds it took, length of the database's name, error, length of the status variables
_MARIADB_GTID = struct.Struct("<QIB")
_DATABASE = HEADER.size + 8  # behind the number and the flags
_PAYLOAD_END, _PAYLOAD_KIND = 0, 2  # fields of a payload's header; the first ends it
_ZSTD = 0
_FIELD_SOURCE, _FIELD_NUMBER, _FIELD_TAG, _FIELD_COMMITTED = 1, 2, 3, 6  # of a GTID event with a tag


class Tagged(NamedTuple):
    """What a GTID event says since there are tags (8.3)."""

    source: uuid.UUID
    number: int
    tag: str
    micros: int


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and the database that was the default one when it ran."""

    database: str
    sql: bytes


def moment(event: Event) -> datetime:
    """The last instant of the second that an event's header names."""
    return _EPOCH + timedelta(seconds=event.stamp, microseconds=999_999)


def gtid(log: Log, event: Event) -> str:
    """The name of the transaction that begins here; "" where it has none."""
    body = log.body(event)
    if event.kind == Kind.GTID:
        _, source, number = _GTID.unpack_from(body)
        return f"{uuid.UUID(bytes=source)}:{number}"
    if event.kind == Kind.MARIADB_GTID:
        number, domain, _ = _MARIADB_GTID.unpack_from(body)
        return f"{domain}-{HEADER.unpack_from(log.data, event.start)[2]}-{number}"
    if event.kind == Kind.GTID_TAGGED:
        found = _tagged(body)
        return f"{found.source}:{found.tag}:{found.number}" if found.tag else f"{found.source}:{found.number}"
    return ""


def committed(log: Log, event: Event) -> datetime:
    """When the transaction that begins here was committed: to the microsecond on MySQL, the second's last instant on MariaDB."""
    if event.kind in (Kind.GTID, Kind.ANONYMOUS_GTID):
        body = log.body(event)
        if len(body) >= _COMMITTED + 7:
            micros = int.from_bytes(body[_COMMITTED : _COMMITTED + 7], "little") & ~(1 << 55)  # the bit says that the origin's time follows
            return _EPOCH + timedelta(microseconds=micros)
    if event.kind == Kind.GTID_TAGGED:
        return _EPOCH + timedelta(microseconds=_tagged(log.body(event)).micros)
    return moment(event)


def query(log: Log, event: Event) -> Query:
    """The statement of a query event."""
    return query_of(event.kind, log.body(event))


def query_of(kind: int, body: bytes) -> Query:
    """The statement in the body of a query event, also of MariaDB's compressed ones."""
    _, _, length, _, variables = _QUERY.unpack_from(body)
    at = _QUERY.size + variables
    sql = body[at + length + 1 :]
    return Query(body[at : at + length].decode(errors="surrogateescape"), _inflated(sql) if kind == Kind.QUERY_COMPRESSED else sql)


def said_anew(event: bytes, sql: bytes) -> bytes:
    """A query event with another statement, as a plain one; with its header, which the caller gives its right size."""
    _, _, length, _, variables = _QUERY.unpack_from(event, HEADER.size)
    head = event[: HEADER.size + _QUERY.size + variables + length + 1]
    return head[:4] + bytes((Kind.QUERY,)) + head[5:] + sql


def table(event: bytes) -> tuple[int, str]:
    """A table map's number and database; the event with its header."""
    name = event[_DATABASE + 1 : _DATABASE + 1 + event[_DATABASE]]
    return number(event), name.decode(errors="surrogateescape")


def number(event: bytes) -> int:
    """The table's number in a table map or an event of rows."""
    return int.from_bytes(event[HEADER.size : HEADER.size + 6], "little")


def annotation(kind: int, body: bytes) -> bytes:
    """The statement that made the rows which follow; MySQL puts one byte before it."""
    return body[1:] if kind == Kind.ROWS_QUERY else body


def payload(log: Log, event: Event) -> Iterator[tuple[int, bytes]]:
    """The events inside a compressed transaction of MySQL, each whole with its header but without a checksum: (kind, bytes)."""
    body = log.body(event)
    kind, at = None, 0
    while (field := _packed(body, at))[0] != _PAYLOAD_END:
        length, begin = _packed(body, field[1])
        if field[0] == _PAYLOAD_KIND:
            kind = _packed(body, begin)[0]
        at = begin + length
    if kind != _ZSTD:
        raise Corrupt(f"{log.name} holds a transaction at {event.start} that is compressed in an unknown way ({kind})")
    plain, at = zstandard.ZstdDecompressor().decompressobj().decompress(body[field[1] :]), 0
    while at < len(plain):
        _, inner, _, size, _, _ = HEADER.unpack_from(plain, at)
        yield inner, plain[at : at + size]
        at += size


def _packed(data: bytes, at: int) -> tuple[int, int]:
    """A length-encoded number of the MySQL protocol, and the offset behind it."""
    first = data[at]
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
    if size is None:
        return first, at + 1
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def _inflated(data: bytes) -> bytes:
    """MariaDB's compressed text: a byte whose low bits count the bytes of the length, the length, zlib."""
    return zlib.decompress(data[1 + (data[0] & 7) :])


def _tagged(body: bytes) -> Tagged:
    """A GTID event in the server's newer layout: numbered fields, each number as long as the low bits of its first byte say."""
    _, at = _number(body, 0)  # version of the layout
    _, at = _number(body, at)  # size
    _, at = _number(body, at)  # last field that may not be passed over
    found: dict[int, int] = {}
    source, tag = b"", b""
    while at < len(body) and (field := _number(body, at))[0] <= _FIELD_COMMITTED:
        what, at = field
        if what == _FIELD_SOURCE:
            for _ in range(16):
                byte, at = _number(body, at)
                source += bytes((byte,))
        elif what == _FIELD_TAG:
            length, at = _number(body, at)
            tag, at = body[at : at + length], at + length
        else:
            found[what], at = _number(body, at)
    return Tagged(uuid.UUID(bytes=source), found[_FIELD_NUMBER] >> 1, tag.decode(), found[_FIELD_COMMITTED])


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of mysql::serialization, and the offset behind it: as many bytes more as its first has ones at the low end."""
    more = ((~data[at] & (data[at] + 1)).bit_length() - 1) if data[at] != 0xFF else 8
    whole = int.from_bytes(data[at : at + 1 + more], "little")
    return whole >> (more + 1 if more < 8 else 8), at + 1 + more
