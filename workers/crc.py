"""CRC-64, for the way of a segment through the spool and into a folder: 10 GB/s here, where SHA-256 runs 1.8. Lowest floor.

A CRC is made of the bytes in memory that are written into the spool; until they lie in a store the file is read up to three times, and each
reading is proven against it: what no disk, memory or kernel falsifies by chance (one of 2^64 changes passes). The SHA-256 in the manifest
is made of bytes that are proven so. Nobody forges it either, for the spool is its owner's alone. A copy is read back
from its store by SHA-256.
"""

from dataclasses import dataclass

from anycrc import Model  # type: ignore[import-untyped]  # it ships no types

from workers.artifact import Form

_MODEL = Model("CRC64-XZ")


@dataclass(frozen=True, slots=True)
class Sums:
    """What is known of a file: its form, and its CRC-64. Its SHA-256 is "" where `checksum` has not made it yet."""

    form: Form
    crc: str


class Crc64:
    """A running CRC with the face of a digest of `hashlib`."""

    def __init__(self) -> None:
        self._crc = 0

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""
        self._crc = _MODEL.calc(data, self._crc)

    def hexdigest(self) -> str:
        """The CRC of all of them, 16 hex digits."""
        return f"{self._crc:016x}"
