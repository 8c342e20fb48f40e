"""Reads a raw binary log while it streams past, proves each event by its checksum, and says what the file holds. Floor: tools.

At most one event is held in memory, whatever the size of the file.
"""

import hashlib
import re
import uuid
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workers.artifact import Form, Log
from workers.errors import Corrupt
from workers.sources.mysql.logs.gtid import Gtids, gathered
from workers.sources.mysql.logs.heads import gtid_list, previous_gtids
from workers.sources.mysql.replay import decoding, events
from workers.sources.mysql.replay.events import BEGINNINGS, CHECKSUM, HEADER, MAGIC, Event, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADS = frozenset({Kind.PREVIOUS_GTIDS, Kind.GTID_LIST})
_STATEMENT = frozenset({Kind.INTVAR, Kind.RAND, Kind.USER_VAR, Kind.BEGIN_LOAD, Kind.EXECUTE_LOAD})  # only statements need these
_QUERIES = frozenset({Kind.QUERY, Kind.QUERY_COMPRESSED})
_ENDS = frozenset({Kind.ROTATE, Kind.STOP})
_LOOKED_AT = BEGINNINGS | _HEADS | _STATEMENT | _QUERIES | _ENDS | {Kind.INCIDENT}
_CHANGE = re.compile(rb"\s*(?:/\*.*?\*/\s*)*(?:INSERT|UPDATE|DELETE|REPLACE|LOAD)\b", re.IGNORECASE | re.DOTALL)
_STATEMENTS = "it holds statements instead of rows (binlog_format was not ROW)"
_LOST = "its server says that events were lost (an incident)"


class Reader:
    """One file on its way. `feed` it in order, then `finish`."""

    def __init__(self, name: str) -> None:
        """`name` is the server's name of the file."""
        self.name = name
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._held: list[bytes] = []
        self._have, self._need = 0, len(MAGIC) + HEADER.size
        self._log: events.Log | None = None
        self._at = 0  # offset in the file of the first byte held
        self._first = 0
        self._before: Gtids | None = None
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._sources: dict[bytes, str] = {}
        self._newest: tuple[bytes, int] | None = None  # the last event that begins a transaction, its kind
        self._transactions, self._stamp, self._last = 0, 0, 0
        self._fault = ""

    def feed(self, data: bytes) -> None:
        """Take in the next bytes. Corrupt, naming file and offset, where they are no binary log or an event is damaged."""
        self.bytes += len(data)
        self._hash.update(data)
        self._held.append(data)
        self._have += len(data)
        if self._have >= self._need:
            held = b"".join(self._held)
            used = self._taken(held) if self._log else self._begun(held)
            self._held, self._have = [held[used:]], len(held) - used
            self._at += used

    def finish(self) -> Log:
        """What the file held. Corrupt where it ends in the middle of an event."""
        if self._log is None or self._have:
            raise Corrupt(f"{self.name} ends in the middle of an event at {self._at}")
        before = self._before or Gtids()
        began = _EPOCH + timedelta(seconds=self._log.created)
        return Log(
            name=self.name,
            plain=Form(self.bytes, self._hash.hexdigest()),
            first=self._first,
            began=began,
            ended=max(began, self._committed()),
            before=str(before),
            after=str(before.union(gathered(self._spans))),
            transactions=self._transactions,
            closed=self._last in _ENDS,
            fault=self._fault,
        )

    def _begun(self, held: bytes) -> int:
        """Read magic number and format; the bytes used."""
        if held.startswith(b"\xfdbin"):
            raise Corrupt(f"{self.name} came encrypted; a server sends it open")
        if not held.startswith(MAGIC):
            raise Corrupt(f"{self.name} is no binary log: it begins with {held[: len(MAGIC)]!r}")
        self._need = len(MAGIC) + HEADER.unpack_from(held, len(MAGIC))[3]
        if len(held) < self._need:
            return 0
        self._log = events.described(Path(self.name), held)
        self._first = head = self._need
        return head + self._taken(held[head:], head)

    def _taken(self, held: bytes, skipped: int = 0) -> int:
        """Go through the events that are whole; the bytes used. `skipped` bytes came before `held` in this feed."""
        unpack, crc, tail = HEADER.unpack_from, zlib.crc32, self._tail
        view, at, size = memoryview(held), 0, len(held)
        self._need = HEADER.size
        while at + HEADER.size <= size:
            stamp, kind, server, length, _, _ = unpack(held, at)
            end = at + length
            if length < HEADER.size + tail:
                raise Corrupt(f"{self.name} is damaged at {self._at + skipped + at}: an event of {length} bytes")
            if end > size:
                self._need = length
                break
            if tail and crc(view[at : end - CHECKSUM]) != int.from_bytes(view[end - CHECKSUM : end], "little"):
                raise Corrupt(f"{self.name} is damaged at {self._at + skipped + at}: an event is not what its checksum says")
            if kind in _LOOKED_AT:
                self._look(kind, server, held[at : end - tail])
            self._last, self._stamp, at = kind, stamp, end
        return at

    def _look(self, kind: int, server: int, event: bytes) -> None:
        """Note what an event (with its header, without its checksum) says about the file."""
        if kind in BEGINNINGS:
            self._transactions += 1
            self._newest = event, kind
            self._gtid(kind, server, event)
        elif kind in _HEADS:
            body = event[HEADER.size :]
            self._before = previous_gtids(body) if kind == Kind.PREVIOUS_GTIDS else gtid_list(body)
            self._first += len(event) + self._tail
        elif kind == Kind.INCIDENT:
            self._fault = _LOST
        elif kind in _STATEMENT or (kind in _QUERIES and _changes(kind, event[HEADER.size :])):
            self._fault = self._fault or _STATEMENTS

    def _gtid(self, kind: int, server: int, event: bytes) -> None:
        body = event[HEADER.size :]
        if kind == Kind.GTID:
            source = self._sources.get(body[1:17]) or self._sources.setdefault(body[1:17], str(uuid.UUID(bytes=body[1:17])))
            self._add(source, int.from_bytes(body[17:25], "little"))
        elif kind == Kind.MARIADB_GTID:
            self._last_of(f"{int.from_bytes(body[8:12], 'little')}-{server}", int.from_bytes(body[:8], "little"))
        elif kind == Kind.GTID_TAGGED:
            source, _, found = decoding.gtid(*_alone(event, kind)).rpartition(":")
            self._add(source, int(found))

    def _add(self, source: str, number: int) -> None:
        spans = self._spans.setdefault(source, [])
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))

    def _last_of(self, source: str, number: int) -> None:
        self._spans[source] = [(1, max(number, *(last for _, last in self._spans.get(source, ())), 0))]

    def _committed(self) -> datetime:
        """When the last transaction was committed; without one, the time of the last event."""
        stamped = _EPOCH + timedelta(seconds=self._stamp)
        if self._newest is None or self._newest[1] == Kind.MARIADB_GTID:
            return stamped
        return decoding.committed(*_alone(*self._newest))

    @property
    def _tail(self) -> int:
        return self._log.tail if self._log else 0


def _alone(event: bytes, kind: int) -> tuple[events.Log, Event]:
    """An event by itself, as those who decode it want it: the log that it is all of."""
    log = events.Log(Path(), event, 0, 0, 0)
    return log, Event(kind, 0, len(event), HEADER.unpack_from(event)[0])


def _changes(kind: int, body: bytes) -> bool:
    """Whether a statement changes rows, which a log of rows has no statement for."""
    return _CHANGE.match(decoding.query_of(kind, body).sql) is not None
