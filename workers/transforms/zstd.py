"""Zstandard, one frame per segment, always with its size and checksum in the frame.

`ZstdCompressor` writes no checksum unless told, and its stream reader takes a cut frame for a whole one. Decoding
therefore walks the frame block by block (RFC 8878, section 3.1.1): it knows where the frame must end, and no block
yields more than 128 KiB, so a few bytes that unpack to gigabytes do not fill the memory.
"""

import io
import os
from typing import BinaryIO, cast

import zstandard

from workers.errors import Corrupt, Refused

BLOCK = 1 << 20
WINDOW = 1 << 27  # bytes; what level 22 uses, and the most that the zstd program decodes without being asked
SAMPLE = 320 << 10  # bytes; up to 256 KiB zstd uses other tables, and a sample would say nothing about a segment
NEARLY = 1.02  # a fiftieth more: level 1 takes 0.6 of the CPU time of level 3 (382 and 243 MB/s of SQL here)
_RLE, _RESERVED = 1, 3  # block types: one byte repeated, and one that no encoder writes


class Zstd:
    """Level 1 to 22; needs `WINDOW` bytes of memory at most to decode.

    The level is the highest that is used: level 1 is taken for a stream whose beginning gets nearly as small by it. Measured on
    130 MB of SQL with much random text, level 1 made it 2 % smaller than level 3; on prose level 3 makes it a quarter smaller.
    """

    suffix = ".zst"

    def __init__(self, level: int = 3) -> None:
        if not 1 <= level <= zstandard.MAX_COMPRESSION_LEVEL:
            raise Refused(f"there is no zstd level {level}; 1 (fast) to {zstandard.MAX_COMPRESSION_LEVEL} (small) exist")
        self._level = level

    def encode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Write one frame with checksum, and with the content's size where the source knows it."""
        size = _remaining(source)
        head = _beginning(source)
        packer = _packer(self._fitting(head))
        try:
            packer.copy_stream(cast(BinaryIO, _Again(head, source)), sink, size=size, read_size=BLOCK, write_size=BLOCK)
        except zstandard.ZstdError as error:
            raise Corrupt(f"the bytes changed while they were compressed: {error}") from error

    def _fitting(self, head: bytes) -> int:
        """The level for a stream that begins so."""
        if self._level == 1 or len(head) < SAMPLE:
            return self._level
        fast, small = (len(_packer(level).compress(head)) for level in (1, self._level))
        return 1 if fast <= small * NEARLY else self._level

    def decode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Write the content of exactly one frame. Raises Corrupt where it is damaged, cut, or followed by other bytes."""
        try:
            _decode(source, sink)
        except zstandard.ZstdError as error:
            raise Corrupt(f"zstd frame is damaged: {error}") from error
        if source.read(1):
            raise Corrupt("zstd frame is followed by other bytes")


def _packer(level: int) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=level, write_checksum=True, write_content_size=True)


def _beginning(source: BinaryIO) -> bytes:
    """The first bytes, a sample long or all there are, from sources that may return fewer at once."""
    head = io.BytesIO()
    while (missing := SAMPLE - head.tell()) and (more := source.read(missing)):
        head.write(more)
    return head.getvalue()


class _Again:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def read(self, count: int = -1) -> bytes:
        return self._head.read(count) or self._rest.read(count)


def _decode(source: BinaryIO, sink: BinaryIO) -> None:
    header = _take(source, 5)
    header += _take(source, zstandard.frame_header_size(header) - len(header))
    frame = zstandard.get_frame_parameters(header)
    if not frame.has_checksum:
        raise Corrupt("zstd frame has no checksum; every frame of a backup has one")
    if frame.window_size > WINDOW:
        raise Corrupt(f"zstd frame asks for a window of {frame.window_size} bytes; {WINDOW} are allowed")
    unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
    sink.write(unpacker.decompress(header))
    last = False
    while not last:
        word = _take(source, 3)
        last, body = _block(int.from_bytes(word, "little"))
        sink.write(unpacker.decompress(word + _take(source, body)))
    sink.write(unpacker.decompress(_take(source, 4)))
    if not unpacker.eof:
        raise Corrupt("zstd frame does not end where its blocks end")


def _block(word: int) -> tuple[bool, int]:
    """Whether the block is the last, and how many bytes follow its header."""
    kind, size = word >> 1 & 3, word >> 3
    if kind == _RESERVED:
        raise Corrupt("zstd frame is damaged: reserved block type")
    return bool(word & 1), 1 if kind == _RLE else size


def _take(source: BinaryIO, count: int) -> bytes:
    """Exactly `count` bytes, from sources that may return fewer at once."""
    data = source.read(count)
    while len(data) < count:
        more = source.read(count - len(data))
        if not more:
            raise Corrupt("zstd frame is cut short")
        data += more
    return data


def _remaining(source: BinaryIO) -> int:
    """Bytes from here to the end, or -1 where the source is a pipe."""
    if not source.seekable():
        return -1
    here = source.tell()
    end = source.seek(0, os.SEEK_END)
    source.seek(here)
    return end - here
