"""An index in a file of its own, compressed: while a dump makes it, and while a restore works by it. Floor: tools.

Some 60 bytes a name: 30 MB for 500,000.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import gettempdir
from typing import IO

import zstandard

from workers.errors import Permanent
from workers.ports import Block
from workers.sources.files.entry import Entry
from workers.sources.files.index import line

_BLOCK = 1 << 20
_LEVEL = 1  # it is compressed again on its way into a store


class SpooledIndex:
    """Lines are added until it is ended."""

    def __init__(self, file: IO[bytes]) -> None:
        """An empty index in an empty file, which stays the caller's."""
        self._file = file
        self._writer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).stream_writer(file, closefd=False)
        self._held = bytearray()

    def add(self, entry: Entry) -> None:
        """Add the line of an entry; they come in order."""
        self.put(line(entry))

    def put(self, text: bytes) -> None:
        """Add a line that `index.line` made."""
        self._held += text
        if len(self._held) >= _BLOCK:
            self._flush()

    def end(self) -> None:
        """Bring everything into the file; nothing is added any more."""
        self._flush()
        with _told():
            self._writer.flush(zstandard.FLUSH_FRAME)
            self._file.flush()

    def _flush(self) -> None:
        with _told():
            self._writer.write(bytes(self._held))
        self._held.clear()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Permanent(f"the index of files cannot be written: {error.strerror}; a name needs some 60 bytes in {gettempdir()}") from error


def blocks(file: IO[bytes]) -> Iterator[Block]:
    """The lines of an ended index from where the file stands, in blocks of some 1 MiB that end with a line."""
    rest = b""
    for data in zstandard.ZstdDecompressor().read_to_iter(file, write_size=_BLOCK):
        whole, sign, rest = (rest + data).rpartition(b"\n")
        if sign:
            yield Block(whole + sign)


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """The same, line by line."""
    for block in blocks(file):
        yield from block.data.splitlines()
