"""CRC-64, for the way of a segment through the spool and into a folder: 10 GB/s here, where SHA-256 runs 1.8. Lowest floor.

The SHA-256 of a form is made once, of the bytes in memory that are written into the spool, and stands in the manifest. Until it lies in a
store the file is read up to three times, and each reading is proven against a CRC made of the same bytes in memory: what no disk, memory
or kernel falsifies by chance (one of 2^64 changes passes). Nobody forges it either, for the spool is its owner's alone. A copy is read
back from its store by SHA-256.
"""

from anycrc import Model  # type: ignore[import-untyped]  # it ships no types

_MODEL = Model("CRC64-XZ")


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
