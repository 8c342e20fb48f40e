"""A tree beside an index: every name that either has, in one order, and what differs. Floor: tools."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from workers.sources.files import owners
from workers.sources.files.content import Content
from workers.sources.files.entry import KEPT, Entry, Stat, Type, stat_of
from workers.sources.files.names import raw
from workers.sources.files.notes import Notes, Sort
from workers.sources.files.parent import Parent
from workers.sources.files.reading import Gone, Reading, exactly, reading, xattrs
from workers.sources.files.rules import Taking
from workers.sources.files.scan import Seen, Walk
from workers.sources.files.tar import Shape
from workers.sources.folders.paths import shown

MISSING = "is not there"
ATTRIBUTED = frozenset((Type.FILE, Type.FOLDER))  # what a backup reads the attributes of


def beside(walk: Walk, entries: Iterator[Entry]) -> Iterator[tuple[Seen | None, Entry | None]]:
    """What the walk met and what the index has at the same path; None for the one that has nothing there."""
    wanted = Parent(entries)
    for seen in walk:
        entry = wanted.at(seen.path)
        if entry is None:  # else nothing can have been before it
            yield from ((None, gone) for gone in wanted.before(seen.path))
            entry = wanted.at(seen.path)
        yield seen, entry
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


def alike(found: os.stat_result, wanted: Stat) -> bool:
    """Whether a file has the mode, size and time of its entry, as nearly all have: then there are no `differences`. No `Stat` is made."""
    return (
        wanted.type is Type.FILE
        and stat.S_ISREG(found.st_mode)
        and stat.S_IMODE(found.st_mode) == wanted.mode
        and found.st_size == wanted.size
        and found.st_mtime_ns == wanted.mtime_ns
    )


class Names:
    """Which names were met of the files that have several, in order."""

    def __init__(self) -> None:
        """None yet."""
        self._inodes: dict[str, tuple[int, int]] = {}

    def differences(self, seen: Seen, entry: Entry) -> Iterator[str]:
        """Whether a further name is one of the file that its entry says."""
        inode = seen.stat.st_dev, seen.stat.st_ino
        if entry.link and self._inodes.get(entry.link) != inode:
            yield f"is no other name of {shown(entry.link)}"
        elif not entry.link and seen.stat.st_nlink > 1 and entry.stat.type is Type.FILE:
            self._inodes[entry.path] = inode


def owner(seen: Seen, entry: Entry) -> Iterator[str]:
    """Whether a name belongs to whom its entry names, by the numbers of this host."""
    found, wanted = (seen.stat.st_uid, seen.stat.st_gid), owners.of(entry)
    if found != wanted:
        yield "belongs to {}:{}, not {}:{}".format(*found, *wanted)


def compare(root: Path, rules: Taking, entries: Iterator[Entry], *, thorough: bool = False) -> Iterator[tuple[str, str]]:
    """(path, what differs) between a folder as it is and its backup. `thorough` reads files that look equal, and compares their bytes."""
    notes, names = Notes(), Names()
    for seen, entry in beside(Walk(root, rules, notes), entries):
        if seen is None and entry is not None:
            yield entry.path, MISSING
        elif seen is not None and entry is None:
            if stat_of(seen.stat).type in KEPT:
                yield seen.path, "is not in the backup"
        elif seen is not None and entry is not None:
            found = (*differences(seen, entry), *owner(seen, entry), *names.differences(seen, entry), *_attributes(seen, entry))
            yield from ((entry.path, words) for words in found or (_content(seen, entry) if thorough else ()))
    if unread := notes.told(Sort.UNREADABLE):
        yield "", unread


def _attributes(seen: Seen, entry: Entry) -> Iterator[str]:
    """Which attributes and access lists are not as the entry has them."""
    if not entry.stat.type is stat_of(seen.stat).type in ATTRIBUTED:
        return
    try:
        found, wanted = dict(xattrs(seen.way)), dict(entry.xattrs)
    except OSError as error:
        yield f"its attributes cannot be read: {error.strerror}"
        return
    yield from (f"has another attribute {name}" for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name))


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
