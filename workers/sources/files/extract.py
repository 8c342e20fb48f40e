"""Brings the bytes of one segment into the files that they belong to. Safe for several segments at once. Floor: tools."""

import hashlib
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Segment
from workers.errors import Corrupt, Permanent
from workers.sources.files import owners
from workers.sources.files.entry import Body, Entry
from workers.sources.files.pack import Mark, mark
from workers.sources.files.plan import touching
from workers.sources.files.site import Site
from workers.sources.files.tree import Tree, describe
from workers.sources.folders.paths import shown, told, unrestored


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A segment in memory, and where in its stream it begins."""

    data: memoryview
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.data)


def load(site: Site, segment: Segment, plain: Path) -> None:
    """Write every file, or piece of one, that lies in a plain segment. Corrupt where the bytes are not those in the index."""
    owners.forget()
    where = first(segment)
    stretch = _Stretch(memoryview(_mapped(plain)), where.at)  # unmapped with its last slice: an error on its way up may hold one
    with Tree(site.tree) as tree:
        for entry, body in touching(site.plan, where.stream, stretch.start, stretch.end):
            try:  # a context manager for each name is a tenth of the Python of a load
                _write(tree, entry, body, stretch)
            except OSError as error:
                raise unrestored(entry.path, error) from error


def first(segment: Segment) -> Mark:
    """Where a segment begins. Permanent for one that is no piece of a tar stream."""
    found = mark(segment.objects[0]) if segment.objects else None
    if found is None:
        raise Permanent(f"segment {segment.file} does not say where in its stream it begins")
    return found


def _mapped(plain: Path) -> mmap.mmap:
    with told(plain), plain.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _write(tree: Tree, entry: Entry, body: Body, stretch: _Stretch) -> None:
    if stretch.start <= body.block and body.at + body.stored <= stretch.end:
        _whole(tree, entry, body, stretch)
    else:
        _piece(tree, entry, body, stretch)


def _whole(tree: Tree, entry: Entry, body: Body, stretch: _Stretch) -> None:
    """Make a file and give it all that it had."""
    start = body.at - stretch.start
    data = stretch.data[start : start + body.stored]
    if hashlib.sha256(data).hexdigest() != body.sha256:
        raise Corrupt(f"{shown(entry.path)} in the backup is not what its index says: SHA-256 differs")
    fd = tree.create(entry.path)
    try:
        if body.extents:
            _spread(fd, _placed(body, body.at, data))
            os.ftruncate(fd, entry.stat.size)
        else:
            _put(fd, data, 0)
        describe(fd, entry)
    finally:
        os.close(fd)


def _piece(tree: Tree, entry: Entry, body: Body, stretch: _Stretch) -> None:
    """Write what of a file lies in this segment; it is described when all of it is there."""
    start, end = max(body.at, stretch.start), min(body.at + body.stored, stretch.end)
    data = stretch.data[start - stretch.start : end - stretch.start]
    fd = tree.piece(entry.path)
    try:
        os.ftruncate(fd, entry.stat.size)
        _spread(fd, _placed(body, start, data))
    finally:
        os.close(fd)


def _spread(fd: int, pieces: Iterator[tuple[int, memoryview]]) -> None:
    for offset, piece in pieces:
        _put(fd, piece, offset)


def _placed(body: Body, at: int, data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(offset in the file, bytes) of bytes that lie at `at` in the stream: a sparse file has them in several places."""
    begin, finish = at - body.at, at - body.at + len(data)
    stored = 0
    for offset, length in body.extents or ((0, body.stored),):
        low, high = max(begin, stored), min(finish, stored + length)
        if low < high:
            yield offset + low - stored, data[low - begin : high - begin]
        stored += length


def _put(fd: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written
