"""What an RDB says before its data: version of the format, and auxiliary fields about who wrote it and when. Floor: tools."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.errors import Corrupt

LONGEST = 1 << 16  # bytes of a head; Redis writes some 200
_MAGIC = re.compile(rb"(?:REDIS|VALKEY)(\d{3,4})")
_MAGIC_BYTES = 9
_AUX = 0xFA


class Short(Exception):  # no failure: more bytes are to come
    """The head is not whole yet."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an RDB: its `bytes`, the version of the format, and its fields as text."""

    bytes: bytes
    version: int
    fields: tuple[tuple[str, str], ...]

    def field(self, name: str) -> str:
        """An auxiliary field, "" where it is missing."""
        return dict(self.fields).get(name, "")

    @property
    def snapshot(self) -> datetime | None:
        """When the server began to write, by its own clock in whole seconds; None where it does not say."""
        return datetime.fromtimestamp(int(said), UTC) if (said := self.field("ctime")).isdigit() else None


def read(data: bytes) -> Head:
    """The head at the beginning of `data`. Raises Short where more bytes are needed, Corrupt where this is no RDB that can be read."""
    if len(data) < _MAGIC_BYTES:
        raise Short
    found = _MAGIC.match(data[:_MAGIC_BYTES])
    if not found:
        raise Corrupt(f"no RDB: it begins with {data[:_MAGIC_BYTES]!r}")
    fields, position = [], _MAGIC_BYTES
    while _byte(data, position) == _AUX:
        name, position = _text(data, position + 1)
        value, position = _text(data, position)
        fields.append((name, value))
    return Head(data[:position], int(found[1]), tuple(fields))


def _byte(data: bytes, position: int) -> int:
    if position >= len(data):
        if position > LONGEST:
            raise Corrupt(f"the head of the RDB is longer than {LONGEST} bytes")
        raise Short
    return data[position]


def _text(data: bytes, position: int) -> tuple[str, int]:
    """A string of an auxiliary field: plain, or an integer of 1, 2 or 4 bytes."""
    first, position = _byte(data, position), position + 1
    if first >= 0xC0:
        width = {0xC0: 1, 0xC1: 2, 0xC2: 4}.get(first, 0)
        if not width:
            raise Corrupt(f"an auxiliary field of the RDB is written in a way that Redis never uses there ({first:#x})")
        raw = _slice(data, position, width)
        return str(int.from_bytes(raw, "little", signed=True)), position + width
    size = first & 0x3F
    if first >= 0x40:
        size, position = size << 8 | _byte(data, position), position + 1
    return _slice(data, position, size).decode(errors="replace"), position + size


def _slice(data: bytes, position: int, size: int) -> bytes:
    _byte(data, position + size)  # one more byte always follows: the end's
    return data[position : position + size]
