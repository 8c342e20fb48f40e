"""The stream that `mariadb-backup --stream` writes: chunks of files, one behind the other. Floor: tools. Pure.

Magic number, flags, type, length of the path, path; a chunk of bytes goes on with length, place in the file, and a checksum that only
this pipe would be guarded by. Types: P bytes, S a hole up to a place, E the end of a file; any other is refused, since it may rename or
remove what came before. Read in `extra/mariabackup/xbstream*.cc` of the server's source.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workers.errors import Permanent

_HEAD = struct.Struct("<8sBcI")
_PLACE = struct.Struct("<QQI")
_HOLE = struct.Struct("<Q")
_MAGIC = b"XBSTCK01"
_LONGEST_PATH, _LONGEST = 4096, 1 << 24  # bytes; the program writes chunks of 10 MiB at most

Read = Callable[[int], bytes]  # exactly so many bytes, fewer only at the end of the stream


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of a file, and where in it they go; where there are none, the file reaches up to there."""

    file: str
    offset: int
    data: bytes


def chunks(read: Read) -> Iterator[Chunk]:
    """The chunks of a stream. Permanent where it is cut short, a file in it has no end, or a chunk is of an unknown type."""
    going: dict[str, tuple[int, bool]] = {}  # where each file has come to, and whether a hole is the last of it
    while head := read(_HEAD.size):
        kind, file = _head(head, read)
        if kind == b"P":
            length, offset, _ = _PLACE.unpack(_exactly(read, _PLACE.size))
            if length > _LONGEST:
                raise Permanent(f"mariadb-backup sent a chunk of {length:,} bytes of {file}, which no known version does")
            going[file] = offset + length, False
            yield Chunk(file, offset, _exactly(read, length))
        elif kind == b"S":
            going[file] = _HOLE.unpack(_exactly(read, _HOLE.size))[0], True
        elif kind == b"E":
            offset, hole = going.pop(file, (0, True))  # one without bytes has to be made, too
            if hole:
                yield Chunk(file, offset, b"")
        else:
            raise Permanent(f"mariadb-backup sent a chunk of the unknown type {kind!r} for {file}; back up logically")
    if going:
        raise Permanent(f"the stream of mariadb-backup ends in the middle of {', '.join(sorted(going)[:3])}: it is cut short")


def _head(head: bytes, read: Read) -> tuple[bytes, str]:
    if len(head) < _HEAD.size:
        raise Permanent("the stream of mariadb-backup ends in the middle of a chunk: it is cut short")
    magic, _, kind, length = _HEAD.unpack(head)
    if magic != _MAGIC or length > _LONGEST_PATH:
        raise Permanent("mariadb-backup writes a stream that is no xbstream")
    return kind, _exactly(read, length).decode().removeprefix("./")


def _exactly(read: Read, count: int) -> bytes:
    found = read(count)
    if len(found) < count:
        raise Permanent("the stream of mariadb-backup ends in the middle of a chunk: it is cut short")
    return found
