"""The events of one binary log file, proven byte by byte as far as the server made that possible. Floor: tools.

A file is a magic number and events one after another, each with a header of 19 bytes: time in seconds, kind, server id, size,
end position and flags, all little-endian. Offsets are counted here, since the end position wraps at 4 GiB.
"""

import mmap
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from workers.errors import Corrupt, Refused

MAGIC = b"\xfebin"
_ENCRYPTED = b"\xfdbin"
HEADER = struct.Struct("<IBIIIH")
_VERSION = slice(len(MAGIC) + HEADER.size + 2, len(MAGIC) + HEADER.size + 52)  # in the description of the format
_BIG = 1 << 20  # bytes
CHECKSUM = 4  # bytes of CRC32 behind every event, where the server writes them


class Kind(IntEnum):
    """The events that matter here: log_event.h of both servers, MariaDB's own from 160 on."""

    QUERY = 2
    STOP = 3
    ROTATE = 4
    INTVAR = 5
    RAND = 13
    USER_VAR = 14
    FORMAT = 15
    XID = 16
    BEGIN_LOAD = 17
    EXECUTE_LOAD = 18
    TABLE_MAP = 19
    INCIDENT = 26
    ROWS_QUERY = 29
    GTID = 33
    ANONYMOUS_GTID = 34
    PREVIOUS_GTIDS = 35
    XA_PREPARE = 38
    PAYLOAD = 40
    GTID_TAGGED = 42
    ANNOTATE = 160
    CHECKPOINT = 161
    MARIADB_GTID = 162
    GTID_LIST = 163
    ENCRYPTION = 164
    QUERY_COMPRESSED = 165


ROWS = frozenset({23, 24, 25, 30, 31, 32, 39, 166, 167, 168, 169, 170, 171})  # written, updated, deleted; partial; compressed
BEGINNINGS = frozenset({Kind.GTID, Kind.ANONYMOUS_GTID, Kind.GTID_TAGGED, Kind.MARIADB_GTID})
BETWEEN = frozenset({Kind.STOP, Kind.ROTATE, Kind.FORMAT, Kind.PREVIOUS_GTIDS, Kind.CHECKPOINT, Kind.GTID_LIST})  # belong to no transaction


class Event(NamedTuple):
    """One event: its kind, where it begins and ends in the file, and its time in seconds."""

    kind: int
    start: int
    end: int
    stamp: int


class Log(NamedTuple):
    """An open log file. `tail` is the number of checksum bytes behind each event, `first` where the first event after the format begins."""

    path: Path
    data: mmap.mmap | bytes
    tail: int
    first: int
    created: int

    @property
    def name(self) -> str:
        """Its name, which is the server's."""
        return self.path.name

    @property
    def version(self) -> str:
        """The release of the server that wrote it."""
        return self.data[_VERSION].split(b"\0")[0].decode(errors="replace")

    def head(self) -> bytes:
        """Magic number, format, and what had been executed before: what every log with events of this one begins with."""
        end = self.first
        if end + HEADER.size <= len(self.data):
            _, kind, _, size, _, _ = HEADER.unpack_from(self.data, end)
            end += size if kind in (Kind.PREVIOUS_GTIDS, Kind.GTID_LIST) else 0
        return self.data[:end]

    def body(self, event: Event) -> bytes:
        """What stands between an event's header and its checksum."""
        return self.data[event.start + HEADER.size : event.end - self.tail]


@contextmanager
def opened(path: Path) -> Iterator[Log]:
    """A log file. Corrupt, naming it, where it is none; Refused where it is encrypted. Mapped, so it needs no memory of its own."""
    with path.open("rb") as file:
        if (magic := file.read(len(MAGIC))) == _ENCRYPTED:
            raise Refused(f"{path.name} is encrypted by its server; fetch it from the server, which sends it open, and not from its disk")
        if magic != MAGIC:
            raise Corrupt(f"{path.name} is no binary log: it begins with {magic!r}")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield described(path, data)


def described(path: Path, data: mmap.mmap | bytes) -> Log:
    """A log by its first event, which says in which format it is. Corrupt, naming it, where that is cut or damaged."""
    if len(data) < len(MAGIC) + HEADER.size:
        raise Corrupt(f"{path.name} ends before its first event")
    stamp, kind, _, size, _, _ = HEADER.unpack_from(data, len(MAGIC))
    end = len(MAGIC) + size
    if kind != Kind.FORMAT or end > len(data) or size < HEADER.size + 57 + CHECKSUM + 1:
        raise Corrupt(f"{path.name} does not begin with the description of its format")
    # Behind the lengths of the headers stand the kind of checksum, and always a checksum.
    _proven(path.name, data, len(MAGIC), end)
    tail = CHECKSUM if data[end - CHECKSUM - 1] == 1 else 0
    return Log(path, data, tail, end, stamp)


def events(log: Log, start: int, stop: int | None = None) -> Iterator[Event]:
    """The events from an offset on, up to another or to the end. Corrupt, naming file and offset, where one is damaged or cut."""
    data, tail = log.data, log.tail
    size = min(len(data), stop if stop is not None else len(data))
    unpack, at = HEADER.unpack_from, start
    while at < size:
        if at + HEADER.size > size:
            raise Corrupt(f"{log.name} ends in the middle of an event at {at}")
        stamp, kind, _, length, _, _ = unpack(data, at)
        end = at + length
        if length < HEADER.size + tail:
            raise Corrupt(f"{log.name} is damaged at {at}: an event of {length} bytes")
        if end > size:
            raise Corrupt(f"{log.name} ends in the middle of an event at {at}")
        if tail and _sum(data, at, end - CHECKSUM) != int.from_bytes(data[end - CHECKSUM : end], "little"):
            raise Corrupt(f"{log.name} is damaged at {at}: an event is not what its checksum says")
        yield Event(kind, at, end, stamp)
        at = end


def _sum(data: mmap.mmap | bytes, start: int, end: int) -> int:
    """The checksum of an event; only a big one is worth a view, and no view may be open when the file is closed."""
    if end - start < _BIG:
        return zlib.crc32(data[start:end])
    with memoryview(data) as view, view[start:end] as part:
        return zlib.crc32(part)


def _proven(name: str, data: mmap.mmap | bytes, start: int, end: int) -> None:
    if data[end - CHECKSUM - 1] == 1 and zlib.crc32(_unused(data[start : end - CHECKSUM])) != int.from_bytes(
        data[end - CHECKSUM : end], "little"
    ):
        raise Corrupt(f"{name} is damaged at {start}: an event is not what its checksum says")


def _unused(event: bytes) -> bytes:
    """The format event as it was summed: without the flag that says that the file is open (LOG_EVENT_BINLOG_IN_USE_F)."""
    flags = int.from_bytes(event[17:19], "little") & ~1
    return event[:17] + flags.to_bytes(2, "little") + event[19:]
