"""The end that Lucene writes behind each file: 16 bytes with a CRC-32 of all before. Floor: tools.

Every file of a repository has it but the two that name the newest table of contents; a blob in parts has it behind its last part.
Format: Lucene's `CodecUtil.writeFooter`.
"""

import struct
import zlib

from workers.errors import Corrupt

_FOOTER = struct.Struct(">IIQ")
_MAGIC = 0xC02893E8
_CRC = 8  # bytes at the very end that the CRC does not cover


class Footer:
    """Proves the bytes of one file while they go by."""

    def __init__(self, name: str) -> None:
        """`name` says in messages which file it is."""
        self._name, self._crc, self._tail = name, 0, b""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        whole = self._tail + piece
        self._crc = zlib.crc32(whole[: -_FOOTER.size], self._crc)
        self._tail = whole[-_FOOTER.size :]

    def judge(self) -> None:
        """At the end of the file: Corrupt where it is not what was written."""
        if len(self._tail) != _FOOTER.size:
            raise Corrupt(f"{self._name} is cut short: it has no footer")
        magic, algorithm, wanted = _FOOTER.unpack(self._tail)
        if (magic, algorithm) != (_MAGIC, 0):
            raise Corrupt(f"{self._name} is damaged: it does not end as Lucene ends its files")
        if zlib.crc32(self._tail[:-_CRC], self._crc) != wanted:
            raise Corrupt(f"{self._name} is damaged: its CRC is not the one that was written with it")
