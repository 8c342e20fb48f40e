"""The file format of definition segments: SQL that the plain client loads, and that reads back to the byte. Floor: tools.

Every definition is one block that stands alone, so a segment may begin and end at any of them:

    -- canvasback: {"kind": "trigger", "name": "posts_audit", "settings": [["sql_mode", "…"]], "bytes": 123}
    SET NAMES utf8mb4;
    SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = '…', …;
    DELIMITER ;;
    CREATE TRIGGER …
    ;;
    DELIMITER ;

Load it with `mysql --binary-mode --comments` (`mariadb` likewise): without `--comments` MariaDB's client drops the comments
inside routine bodies. With it a client keeps the header as the start of the statement that follows, and would no longer see DELIMITER
there: that is why SET comes first. The text is UTF-8 throughout.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from workers.errors import Corrupt, Permanent
from workers.ports import Block

_HEADER = b"-- canvasback: "
_NAME = re.compile(r"[a-z_]+")
_BASE = (("sql_mode", "NO_AUTO_VALUE_ON_ZERO"), ("time_zone", "+00:00"))
_LONGEST_LINE = 1 << 20  # names have 64 characters and settings some hundred: a longer header is damage


class Thing(StrEnum):
    """What a definition makes, in the order in which definitions are loaded."""

    DATABASE = "database"
    SEQUENCE = "sequence"
    TABLE = "table"
    FUNCTION = "function"
    PROCEDURE = "procedure"
    VIEW = "view"
    TRIGGER = "trigger"
    EVENT = "event"
    ROLE = "role"
    ACCOUNT = "account"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Definition:
    """One statement that makes an object; `settings` are the session variables it must run under, as (name, value).

    `sql` has no delimiter at its end. For a grant `name` is the account. The definition of kind `database` (always the first) sets
    the character set of whichever database is the session's; a sequence has two, one that makes it and one that sets its value.
    """

    kind: Thing
    name: str
    sql: str
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    kind: Thing
    name: str
    settings: tuple[tuple[str, str], ...]
    bytes: int


_header = TypeAdapter(_Header)


def preamble(definition: Definition) -> tuple[str, ...]:
    """The statements that put a session into the state which `definition.sql` needs; run them before it, each time."""
    settings = {**dict(_BASE), **dict(definition.settings)}
    if odd := [name for name in settings if not _NAME.fullmatch(name)]:
        raise Permanent(f"{definition.kind} {definition.name}: {odd[0]!r} is no session variable")
    listed = ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())
    return ("SET NAMES utf8mb4", f"SET SESSION foreign_key_checks = 0, unique_checks = 0, {listed}")


def write(definitions: Iterable[Definition]) -> Iterator[Block]:
    """One block for each definition; its object is `name`."""
    for definition in definitions:
        yield Block(_encode(definition), (definition.name,))


def read(file: BinaryIO) -> Iterator[Definition]:
    """The definitions in a file of `write`, in order. Raises Corrupt where the file is anything else."""
    while line := file.readline(_LONGEST_LINE):
        header = _parse(line)
        marker = _skip_preamble(file, header)
        body = file.read(header.bytes)
        if len(body) != header.bytes or file.read(len(marker) + 14) != b"\n%b\nDELIMITER ;\n" % marker:
            raise Corrupt(f"definitions: {header.kind} {header.name} does not end where its header says")
        yield Definition(header.kind, header.name, _text(header, body), header.settings)


def _encode(definition: Definition) -> bytes:
    body, marker = definition.sql.encode(), _delimiter(definition.sql)
    facts = {"kind": definition.kind, "name": definition.name, "settings": definition.settings, "bytes": len(body)}
    lines = [_HEADER + json.dumps(facts, ensure_ascii=False).encode()]
    lines += [f"{statement};".encode() for statement in preamble(definition)]
    return b"\n".join([*lines, f"DELIMITER {marker}".encode(), body, marker.encode(), b"DELIMITER ;", b""])


def _delimiter(body: str) -> str:
    """A delimiter that the body does not contain: `;;`, else `$0$`, `$1$`, …"""
    return ";;" if ";;" not in body else next(mark for number in count() if (mark := f"${number}$") not in body)


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _parse(line: bytes) -> _Header:
    if not line.startswith(_HEADER):
        raise Corrupt(f"definitions: expected a header line, found {line[:40]!r}")
    try:
        return _header.validate_json(line[len(_HEADER) :])
    except ValidationError as error:
        raise Corrupt(f"definitions: unreadable header line: {error.errors()[0]['msg']}") from error


def _skip_preamble(file: BinaryIO, header: _Header) -> bytes:
    lines = [file.readline(_LONGEST_LINE) for _ in range(3)]
    if not (lines[0].startswith(b"SET ") and lines[1].startswith(b"SET ") and lines[2].startswith(b"DELIMITER ")):
        raise Corrupt(f"definitions: {header.kind} {header.name} has no preamble")
    return lines[2].removeprefix(b"DELIMITER ").rstrip(b"\n")


def _text(header: _Header, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Corrupt(f"definitions: {header.kind} {header.name} is not UTF-8 at byte {error.start}") from error
