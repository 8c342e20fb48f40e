"""A place in a stream that comes in pieces; it steps over strings without keeping them, past the end of a piece, too. Floor: tools."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

Steps: TypeAlias = Generator[None, None, None]  # waits at each yield for more bytes

LOOK_AHEAD = 32  # bytes; the longest thing without a string in it is a mark with three lengths of 9 bytes


class Lost(Exception):  # no failure of the product: only counting ends
    """Something in the stream is not known here."""


@dataclass(slots=True)
class Cursor:
    """`at` is the next byte in `data` and may lie behind its end; below `limit` it has 31 more bytes behind it."""

    data: bytes = b""
    at: int = 0
    base: int = 0
    limit: int = -LOOK_AHEAD

    @property
    def offset(self) -> int:
        """Where it is in the whole stream."""
        return self.base + self.at

    def feed(self, data: bytes) -> bool:
        """Add the next piece; whether there is something to read now."""
        kept = self.data[self.at :]
        self.base += len(self.data) - len(kept)
        self.at = max(self.at - len(self.data), 0)
        self.data = kept + data if kept else data
        self.limit = len(self.data) - LOOK_AHEAD
        return self.at < self.limit

    def ready(self) -> Steps:
        """Wait until 32 bytes are there."""
        while self.at >= self.limit:
            yield

    def byte(self) -> int:
        """The next byte; `ready` first."""
        self.at += 1
        return self.data[self.at - 1]

    def length(self) -> int:
        """The next length; `ready` first."""
        first = self.byte()
        if first < 0x40:
            return first
        if first < 0x80:
            return (first & 0x3F) << 8 | self.byte()
        width = {0x80: 4, 0x81: 8}.get(first, 0)
        if not width:
            raise Lost(f"unknown length {first:#x}")
        self.at += width
        return int.from_bytes(self.data[self.at - width : self.at], "big")

    def strings(self, count: int, gap: int = 0) -> Steps:
        """Step over strings, each followed by `gap` bytes. This is where a walk spends its time."""
        data, at, limit = self.data, self.at, self.limit
        while count:
            if at >= limit:
                self.at = at
                yield from self.ready()
                data, at, limit = self.data, self.at, self.limit
            first = data[at]
            if first < 0x40:
                at += first + 1 + gap
            elif first < 0x80:
                at += ((first & 0x3F) << 8 | data[at + 1]) + 2 + gap
            else:
                self.at = at
                size = self._rare()  # moves `at` itself
                at = self.at + size + gap
            count -= 1
        self.at = at

    def _rare(self) -> int:
        """Bytes of a string that is long, compressed (LZF) or an integer, behind its lengths, which are read."""
        first = self.data[self.at]
        if first < 0xC0:
            return self.length()
        self.at += 1
        if first == 0xC3:
            packed = self.length()
            self.length()  # of the plain string
            return packed
        if first > 0xC3:
            raise Lost(f"unknown string {first:#x}")
        return 1 << (first - 0xC0)

    def kept(self, most: int) -> Generator[None, None, bytes]:
        """The next string itself, as it is written; Lost where it is longer than `most`."""
        yield from self.ready()
        size = self._rare()
        if size > most:
            raise Lost(f"a string of {size} bytes where at most {most} are kept")
        while len(self.data) - self.at < size:
            yield
        self.at += size
        return self.data[self.at - size : self.at]
