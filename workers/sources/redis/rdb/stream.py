"""An RDB as it comes: head, body and tail apart, proven by its CRC when the last byte is there. Floor: tools.

The tail (end mark and CRC) is known only when the stream ends, so the last nine bytes are always held back.
The CRC is CRC-64/Jones, which only Redis uses; `anycrc` computes it at 14 GB/s.
"""

from collections.abc import Iterator

from anycrc import Model  # type: ignore[import-untyped]  # it ships no types

from workers.errors import Corrupt
from workers.sources.redis.rdb import head as heads
from workers.sources.redis.rdb.head import Head, Short
from workers.sources.redis.rdb.walk import Walk
from workers.sources.redis.rdb.words import EOF_BYTES, Op

CRC = Model("CRC64-REDIS")
OLDEST_WITH_CRC = 5


class Rdb:
    """One RDB that goes by. Ask for `head`, exhaust `body`, then `tail` is there and everything is proven."""

    def __init__(self, pieces: Iterator[bytes], name: str, *, walked: bool = True) -> None:
        """`name` says in messages whose RDB it is; not `walked`, its keys are not counted."""
        self.name, self.tail, self.bytes = name, b"", 0
        self.walk, self._walked = Walk(), walked
        self._pieces, self._held = pieces, b""
        self._crc = 0
        self._head: Head | None = None

    @property
    def head(self) -> Head:
        """Magic and auxiliary fields. Corrupt where it is no RDB, too old to have a CRC, or cut short within them."""
        while self._head is None:
            try:
                self._head = heads.read(self._held)
            except Short:
                piece = next(self._pieces, None)
                if piece is None:
                    raise Corrupt(f"{self.name} is cut short after {len(self._held)} bytes, within its head") from None
                self._held += piece
        return self._head

    def body(self) -> Iterator[bytes]:
        """Everything between head and tail, in pieces of about the size in which they came. Corrupt where the end does not fit."""
        head = self.head
        if head.version < OLDEST_WITH_CRC:
            raise Corrupt(f"{self.name} has format {head.version}, of Redis 2.4, which cannot be proven; write it anew with a newer server")
        self._take(head.bytes)
        held = self._held[len(head.bytes) :]
        self._held = b""
        for piece in self._pieces:
            held = held + piece if held else piece
            if len(held) > EOF_BYTES:
                out, held = held[:-EOF_BYTES], held[-EOF_BYTES:]
                yield self._passed(out)
        if len(held) > EOF_BYTES:
            out, held = held[:-EOF_BYTES], held[-EOF_BYTES:]
            yield self._passed(out)
        self.tail = held
        self._end(len(head.bytes))

    def _passed(self, piece: bytes) -> bytes:
        self._take(piece)
        if self._walked:
            self.walk.feed(piece)
        return piece

    def _take(self, piece: bytes) -> None:
        self._crc = CRC.calc(piece, self._crc)
        self.bytes += len(piece)

    @property
    def crc(self) -> int:
        """The CRC written at the end; 0 where the server was told not to compute one."""
        return int.from_bytes(self.tail[1:], "little")

    def _end(self, head: int) -> None:
        body = self.bytes - head
        self._take(self.tail[:1])
        if len(self.tail) < EOF_BYTES or self.tail[0] != Op.END:
            raise Corrupt(f"{self.name} is cut short after {self.bytes - 1 + len(self.tail)} bytes: its end mark is missing")
        self.bytes += EOF_BYTES - 1
        if self.crc not in (0, self._crc):
            raise Corrupt(f"{self.name} is damaged: its {self.bytes} bytes have CRC {self._crc:016x}, at its end stands {self.crc:016x}")
        if self._walked:
            self.walk.feed(self.tail)
            self.walk.close()
            self._judge(body)

    def _judge(self, body: int) -> None:
        """Without a CRC the walk is the only proof. With one, a walk that went astray says only that keys were not counted."""
        walk = self.walk
        if walk.ended not in (None, body + 1):
            walk.lost = f"the end mark was seen {walk.ended} bytes behind the head, it stands at {body + 1}"
        if walk.lost and not self.crc:
            raise Corrupt(f"{self.name} cannot be proven: it has no CRC (rdbchecksum is off), and counting its keys failed: {walk.lost}")
