"""What a store MUST do. Lowest floor."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from workers.artifact import Form, Kind
from workers.ports.repository import Address


@dataclass(frozen=True, slots=True)
class Stat:
    """An object in a store: its key, bytes and, where the store vouches for one, its SHA-256 in hex.

    `version` differs where another object has come under the key; "" where the store does not tell without reading it.
    """

    key: str
    bytes: int
    sha256: str | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Properties:
    """What a store can do: `checks_upload` (the server proves the SHA-256), `locks` (objects can be locked), `free` (it knows its room).

    `costly` are the kinds of backups that it charges for reading.
    """

    checks_upload: bool = False
    locks: bool = False
    free: bool = False
    costly: frozenset[Kind] = frozenset()


class Store(Protocol):
    """Keeps objects under keys with `/`. An object appears whole or not at all, and is never replaced by another."""

    name: str
    properties: Properties

    def put(self, key: str, body: Path | bytes, form: Form, crc: str = "") -> None:
        """Store an object. MUST be durable on return. The same content again is success, another is Permanent.

        Where the body's CRC-64 is given, a store that does not check the SHA-256 while it takes the object may prove by that what it
        writes: such a copy is always read back.
        """

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Read an object. Raises Permanent naming key and store where it is missing."""

    def stat(self, key: str) -> Stat | None:
        """The object's size, or None where there is none."""

    def list(self, prefix: str) -> Iterator[Stat]:
        """All objects whose key starts with `prefix`, ordered by key."""

    def remove(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""

    def free(self) -> int | None:
        """Bytes that still fit, or None where nobody knows."""

    def sweep(self, older: timedelta) -> int:
        """Remove what puts that died left behind so long ago, never an object; how many pieces it was."""

    def address(self, folder: str) -> Address:
        """Where a folder of it lies. Asks nobody whether it is there, or whether the store is."""
