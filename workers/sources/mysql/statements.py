"""The statements of a segment, as they stand in its file. Floor: tools.

A newline never stands inside a literal of a dump (see `cutter`), so a semicolon before a newline ends a statement and nothing else.
"""

import mmap
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from workers.errors import Corrupt
from workers.sources.mysql.faults import unquoted

_END = b";\n"
_ROWS = re.compile(rb"(?:INSERT INTO|UPDATE) `((?:[^`]|``)+)`\s")
_AIR = re.compile(rb"(?:\s+|--[^\n]*(?:\n|\Z))*")  # blank lines and comments


def statements(plain: Path) -> Iterator[bytes]:
    """Each statement without its semicolon and the comments in front of it. Corrupt where the file ends inside one."""
    if not plain.stat().st_size:  # nothing can be mapped
        return
    with plain.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        start = _begin(text, 0)
        while (end := text.find(_END, start)) >= 0:  # one statement may have a gigabyte: it is copied once, and sought once
            yield text[start:end]
            start = _begin(text, end + len(_END))
        if start < len(text):
            raise Corrupt(f"{plain.name} ends inside a statement")


def only(found: Iterable[bytes], tables: Collection[str]) -> Iterator[bytes]:
    """The statements without the rows of other tables; all of them where `tables` is empty."""
    for statement in found:
        rows_of = _ROWS.match(statement) if tables else None
        if rows_of is None or unquoted(rows_of[1].decode()) in tables:
            yield statement


def _begin(text: mmap.mmap, at: int) -> int:
    """Where the next statement begins."""
    found = _AIR.match(text, at)
    return found.end() if found else at
