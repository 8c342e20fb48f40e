"""A tree beside an index: every name that either has, in one order, and what differs. Floor: tools."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from workers.sources.files.content import Content
from workers.sources.files.entry import Entry, Type, stat_of
from workers.sources.files.names import raw
from workers.sources.files.notes import Notes
from workers.sources.files.parent import Parent
from workers.sources.files.reading import Gone, Reading, exactly, reading
from workers.sources.files.rules import Taking
from workers.sources.files.scan import Seen, Walk
from workers.sources.files.tar import Shape

MISSING = "is not there"


def beside(walk: Walk, entries: Iterator[Entry]) -> Iterator[tuple[Seen | None, Entry | None]]:
    """What the walk met and what the index has at the same path; None for the one that has nothing there."""
    wanted = Parent(entries)
    for seen in walk:
        yield from ((None, entry) for entry in wanted.before(seen.path))
        yield seen, wanted.at(seen.path)
    yield from ((None, entry) for entry in wanted.rest())


def differences(seen: Seen, entry: Entry) -> Iterator[str]:
    """What of a name is not as its entry says, in words; owners and contents are others' matter."""
    found, wanted = stat_of(seen.stat), entry.stat
    if found.type is not wanted.type:
        yield f"is of type {found.type.value!r}, not {wanted.type.value!r}"
        return
    if found.size != wanted.size:
        yield f"has {found.size} bytes, not {wanted.size}"
    if found.mtime_ns != wanted.mtime_ns:
        yield "has another time"
    if found.mode != wanted.mode and wanted.type is not Type.SYMLINK:
        yield f"has mode {found.mode:o}, not {wanted.mode:o}"
    if wanted.type is Type.SYMLINK and os.readlink(seen.name, dir_fd=seen.folder) != raw(entry.target):
        yield "points elsewhere"


def compare(root: Path, rules: Taking, entries: Iterator[Entry], *, thorough: bool = False) -> Iterator[tuple[str, str]]:
    """(path, what differs) between a folder as it is and its backup. `thorough` reads files that look equal, and compares their bytes."""
    notes = Notes()
    for seen, entry in beside(Walk(root, rules, notes), entries):
        if seen is None and entry is not None:
            yield entry.path, MISSING
        elif seen is not None and entry is None:
            yield seen.path, "is not in the backup"
        elif seen is not None and entry is not None:
            found = (*differences(seen, entry), *_owner(seen, entry))
            yield from ((entry.path, words) for words in found or (_content(seen, entry) if thorough else ()))
    yield from (("", warning) for warning in notes.warnings)


def _owner(seen: Seen, entry: Entry) -> Iterator[str]:
    found, wanted = (seen.stat.st_uid, seen.stat.st_gid), (entry.stat.uid, entry.stat.gid)
    if found != wanted:
        yield "belongs to {}:{}, not {}:{}".format(*found, *wanted)


def _content(seen: Seen, entry: Entry) -> tuple[str, ...]:
    """Whether a file of the same size and time has other bytes; what lay in a hole then may hold some now."""
    body = entry.body
    if body is None:
        return ()
    try:
        with reading(seen) as read:
            digest = hashlib.sha256()
            for data in Content(read.fd, Shape(body.stored, body.extents)):
                digest.update(data)
            same = digest.hexdigest() == body.sha256 and not any(any(data) for data in _between(read, body.extents))
            return () if same else ("has other bytes of the same size",)
    except Gone as reason:
        return (reason.problem,)


def _between(read: Reading, extents: tuple[tuple[int, int], ...]) -> Iterator[bytes]:
    """All data of a file outside of some extents; nothing where there are no extents, as then the file was stored whole."""
    edges = [edge for offset, length in extents for edge in (offset, offset + length)]
    holes = list(zip([0, *edges[1::2]], [*edges[::2], read.stat.size], strict=True)) if extents else []
    for offset, length in read.data() if holes else ():
        for low, high in holes:
            start, end = max(offset, low), min(offset + length, high)
            yield from exactly(read.fd, start, end - start)
