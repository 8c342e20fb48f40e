"""Headers of tar members, in bytes: ustar where it holds them, else with pax records before it (POSIX.1-2001). Floor: tools.

Python's tarfile cannot write sparse files; GNU tar, libarchive and tarfile read what is written here.
"""

import base64
import struct
from dataclasses import dataclass
from zlib import adler32

from msgspec import Struct

from workers.sources.files.entry import Entry, Stat, Type
from workers.sources.files.names import raw

RECORD = 512  # bytes; headers and bodies fill whole records
END = bytes(2 * RECORD)  # the end of an archive
_HEAD = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s183x")  # name mode uid gid size mtime checksum flag link magic version owner group
_SUM = 148  # where the checksum stands, which counts itself as blanks
_FLAGS = {Type.FILE: b"0", Type.FOLDER: b"5", Type.SYMLINK: b"2", Type.PIPE: b"6"}
_MOST = {b"size": 8**11 - 1, b"mtime": 8**11 - 1, b"uid": 8**7 - 1, b"gid": 8**7 - 1}  # what the octal fields of ustar hold
_NAME = 100  # bytes that a name or a link has room for in ustar
_NOBODY = Entry("", Stat(Type.FILE, mode=0o644))  # what a member of records says of itself


class Shape(Struct, frozen=True, gc=False):
    """How the body of a member is laid out: `stored` bytes, of which `extents` are (offset, length) where the file is sparse."""

    stored: int = 0
    extents: tuple[tuple[int, int], ...] = ()


NO_BODY = Shape()


@dataclass(slots=True)
class _Fields:
    """The fields of one header, before they are fitted into ustar."""

    name: bytes
    link: bytes
    flag: bytes
    numbers: dict[bytes, int]
    records: list[tuple[bytes, bytes]]


def header(entry: Entry, shape: Shape = NO_BODY) -> bytes:
    """The header of a member, with its map where it is sparse; `shape.stored` bytes and their `padding` follow it."""
    stat = entry.stat
    name = (raw(entry.path) or b".") + (b"/" if stat.type is Type.FOLDER else b"")
    flag = b"1" if entry.link else _FLAGS[stat.type]
    numbers = {b"size": shape.stored, b"mtime": stat.mtime_ns // 10**9, b"uid": stat.uid, b"gid": stat.gid}
    records = [(b"SCHILY.xattr." + raw(word), base64.b64decode(value)) for word, value in entry.xattrs]
    fields = _Fields(name, raw(entry.link or entry.target), flag, numbers, records)
    table = _sparse(fields, stat.size, shape) if shape.extents else b""
    _fit(fields)
    return _pax(fields.records) + _ustar(fields, entry) + table


def padding(size: int) -> bytes:
    """What fills the last record of a body."""
    return bytes(-size % RECORD)


def _sparse(fields: _Fields, size: int, shape: Shape) -> bytes:
    """Turn the fields into those of a sparse member of GNU tar's format 1.0; the map that goes before its bytes."""
    numbers = [number for extent in shape.extents for number in extent]
    if sum(shape.extents[-1]) != size:
        numbers += [size, 0]  # GNU tar takes the length of the file from the end of the map
    table = b"".join(b"%d\n" % number for number in (len(numbers) // 2, *numbers))
    table += padding(len(table))
    fields.records += [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", fields.name)]
    fields.records += [(b"GNU.sparse.realsize", b"%d" % size)]
    fields.numbers[b"size"] += len(table)
    fields.name = b"GNUSparseFile.0/" + fields.name.rpartition(b"/")[2][:80]
    return table


def _fit(fields: _Fields) -> None:
    """Move what ustar has no room for into records."""
    for word, value in ((b"path", fields.name), (b"linkpath", fields.link)):
        if len(value) > _NAME:
            fields.records.append((word, value))
    for word, number in fields.numbers.items():
        if not 0 <= number <= _MOST[word]:
            fields.records.append((word, b"%d" % number))
            fields.numbers[word] = 0


def _ustar(fields: _Fields, entry: Entry) -> bytes:
    numbers = fields.numbers
    mode, uid, gid = b"%07o" % entry.stat.mode, b"%07o" % numbers[b"uid"], b"%07o" % numbers[b"gid"]
    size, mtime = b"%011o" % numbers[b"size"], b"%011o" % numbers[b"mtime"]
    owner, group = raw(entry.owner)[:31], raw(entry.group)[:31]
    parts = (fields.flag, fields.link, b"ustar\0", b"00", owner, group)
    blank = _HEAD.pack(fields.name, mode, uid, gid, size, mtime, b" " * 8, *parts)
    return blank[:_SUM] + b"%06o\0 " % _sum(blank) + blank[_SUM + 8 :]


def _sum(head: bytes) -> int:
    """The sum of the bytes of a header: of each half it is the low word of its Adler-32, less one, as 256 bytes never reach 65521.

    `sum` takes as long as all the rest of the header.
    """
    return (adler32(head[:256]) & 0xFFFF) + (adler32(head[256:]) & 0xFFFF) - 2


def _pax(records: list[tuple[bytes, bytes]]) -> bytes:
    """A member that holds records for the one after it; nothing where there are none."""
    if not records:
        return b""
    body = b"".join(_record(word, value) for word, value in records)
    fields = _Fields(b"PaxHeaders/next", b"", b"x", {b"size": len(body), b"mtime": 0, b"uid": 0, b"gid": 0}, [])
    return _ustar(fields, _NOBODY) + body + padding(len(body))


def _record(word: bytes, value: bytes) -> bytes:
    """Length, space, word, equals sign, value, line feed; the length counts its own digits."""
    rest = len(word) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, word, value)
