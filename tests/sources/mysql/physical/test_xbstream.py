"""The stream of mariadb-backup: whole, or told in words."""

import io
import struct
import zlib

import pytest

from workers.errors import Permanent
from workers.sources.mysql.physical.xbstream import Chunk, chunks


def head(kind: bytes, file: str, magic: bytes = b"XBSTCK01") -> bytes:
    return magic + b"\0" + kind + struct.pack("<I", len(file.encode())) + file.encode()


def piece(file: str, offset: int, data: bytes) -> bytes:
    return head(b"P", file) + struct.pack("<QQI", len(data), offset, zlib.crc32(data)) + data


def read(stream: bytes) -> list[Chunk]:
    return list(chunks(io.BytesIO(stream).read))


def test_files_come_in_pieces_between_each_other() -> None:
    stream = piece("./a", 0, b"one") + piece("b/c", 0, b"x") + piece("./a", 3, b"two") + head(b"E", "./a") + head(b"E", "b/c")
    assert read(stream) == [Chunk("a", 0, b"one"), Chunk("b/c", 0, b"x"), Chunk("a", 3, b"two")]


def test_a_file_without_bytes_and_one_that_ends_in_a_hole_are_made_as_long_as_they_are() -> None:
    hole = piece("h", 0, b"x") + head(b"S", "h") + struct.pack("<Q", 4096) + head(b"E", "h")
    assert read(head(b"E", "empty") + hole) == [Chunk("empty", 0, b""), Chunk("h", 0, b"x"), Chunk("h", 4096, b"")]


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (piece("a", 0, b"one"), "ends in the middle of a: it is cut short"),
        (piece("a", 0, b"one")[:-1], "ends in the middle of a chunk"),
        (piece("a", 0, b"one")[:9], "ends in the middle of a chunk"),
        (head(b"R", "a"), "unknown type b'R' for a"),
        (head(b"P", "a", b"XBSTCK02"), "is no xbstream"),
        (head(b"P", "a") + struct.pack("<QQI", 1 << 40, 0, 0), "a chunk of 1,099,511,627,776 bytes"),
    ],
)
def test_a_stream_that_proves_nothing_is_told(stream: bytes, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        read(stream)
