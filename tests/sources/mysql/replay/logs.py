"""Binary logs written by hand, byte by byte: for what no server of these tests would write, and for logs that are damaged."""

import struct
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from workers.sources.mysql.replay.events import MAGIC, Kind

SOURCE = uuid.UUID("3e11fa47-71ca-11e1-9e33-c80aa9429562")
NOON = 1_795_435_200  # 2026-11-23 12:00:00 UTC
_HEADER = struct.Struct("<IBIIIH")


def event(kind: int, body: bytes = b"", stamp: int = NOON, *, summed: bool = True) -> bytes:
    """One event with its checksum."""
    size = _HEADER.size + len(body) + 4 * summed
    whole = _HEADER.pack(stamp, kind, 97, size, 0, 0) + body
    return whole + zlib.crc32(whole).to_bytes(4, "little") if summed else whole


def described(stamp: int = NOON, *, summed: bool = True) -> bytes:
    """Magic number and description of the format."""
    body = struct.pack("<H50sIB", 4, b"9.7.4", stamp, 19) + bytes(42) + bytes((int(summed),))
    return MAGIC + event(Kind.FORMAT, body, stamp)


def gtid(number: int, second: float = 0) -> bytes:
    """The beginning of a transaction of MySQL, committed so many seconds after noon."""
    micros = int((NOON + second) * 1_000_000)
    return event(Kind.GTID, struct.pack("<B16sqBqq", 0, SOURCE.bytes, number, 2, 0, 0) + micros.to_bytes(7, "little"), NOON + int(second))


def mariadb_gtid(number: int, second: int = 0, flags: int = 0) -> bytes:
    """The beginning of a transaction of MariaDB."""
    return event(Kind.MARIADB_GTID, struct.pack("<QIB6x", number, 0, flags), NOON + second)


def query(sql: str, database: str = "", second: int = 0) -> bytes:
    """A statement."""
    body = struct.pack("<IIBHH", 1, 0, len(database.encode()), 0, 0) + database.encode() + b"\0" + sql.encode()
    return event(Kind.QUERY, body, NOON + second)


def table(number: int, database: str, name: str = "t") -> bytes:
    """A table map."""
    names = bytes((len(database),)) + database.encode() + b"\0" + bytes((len(name),)) + name.encode() + b"\0"
    return event(Kind.TABLE_MAP, number.to_bytes(6, "little") + b"\1\0" + names + b"\1\3\0\1")


def written(number: int, *, last: bool = True) -> bytes:
    """Rows of a table; the last ones of a statement say so."""
    return event(30, number.to_bytes(6, "little") + bytes((int(last), 0)) + b"\2\0\1\xff\0\1\0\0\0")


def xid(second: int = 0) -> bytes:
    """The end of a transaction."""
    return event(Kind.XID, bytes(8), NOON + second)


def rotate(name: str, second: int = 0) -> bytes:
    """The end of a log."""
    return event(Kind.ROTATE, bytes((4,)) + bytes(7) + name.encode(), NOON + second)


def rows(number: int, *databases: str, second: float = 0) -> bytes:
    """A transaction that writes one row in each of some databases."""
    middle = b"".join(table(at, name) + written(at) for at, name in enumerate(databases, 1))
    return gtid(number, second) + query("BEGIN") + middle + xid(int(second))


def defined(number: int, sql: str, database: str = "", second: float = 0) -> bytes:
    """A transaction of one definition."""
    return gtid(number, second) + query(sql, database)


@dataclass
class Logs:
    """A folder of logs, each closed by naming the next."""

    folder: Path
    seconds: int = 10
    names: list[str] = field(default_factory=list)

    def add(self, parts: Iterable[bytes] = (), *, closed: bool = True, begun: int = 0) -> Path:
        """Write the next log."""
        number = len(self.names) + 1
        self.names.append(f"bin.{number:06}")
        path = self.folder / self.names[-1]
        end = rotate(f"bin.{number + 1:06}", self.seconds * number) if closed else b""
        path.write_bytes(described(NOON + begun) + b"".join(parts) + end)
        return path
