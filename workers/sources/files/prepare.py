"""Makes a site ready for data: the rules about the place, the plan, the folders. Nothing that exists is touched. Floor: tools."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workers.artifact import Order, Segment
from workers.errors import Refused
from workers.sources.files.entry import Entry, Type
from workers.sources.files.index import line, read
from workers.sources.files.names import text
from workers.sources.files.plan import PlanWriter, blocks_of
from workers.sources.files.selection import selected
from workers.sources.files.site import Site, site
from workers.sources.files.spooled import SpooledIndex
from workers.sources.files.tree import Tree
from workers.sources.folders.paths import shown, told
from workers.sources.folders.place import allowed, look, mounted, room
from workers.sources.folders.selection import Selection, is_inside

PROOF = "every name compared with the index"


def prepare(order: Order, index: Iterable[tuple[Segment, Path]]) -> None:
    """Prepare the site of a restore. Refused where the place is taken, on another file system, or has no room; then nothing is left."""
    allowed(order, look(order.into, PROOF))
    work = site(order)
    apart = mounted(work.into)
    work.begin(work.tree, work.plan)
    try:
        with told(work.folder):
            needed = _spread(work, _movable(work.into, selected(entries(index), Selection(order.objects)), apart))
        room(work.folder, needed)
    except BaseException:
        work.remove()
        raise


def _movable(into: Path, found: Iterator[Entry], apart: Sequence[Path]) -> Iterator[Entry]:
    """The same. Refused for one that would have to be moved into what is mounted inside of the place."""
    inside = [(text(os.fsencode(path.relative_to(into))), path) for path in apart]
    for entry in found:
        if reached := next((path for name, path in inside if is_inside(entry.path, name)), None):
            raise Refused(f"{reached} is mounted inside of {into}: {shown(entry.path)} cannot be moved there; restore it to another folder")
        yield entry


def entries(index: Iterable[tuple[Segment, Path]]) -> Iterator[Entry]:
    """The entries of plain index segments, one segment in memory at no time."""
    return read(_lines(index))


def _lines(index: Iterable[tuple[Segment, Path]]) -> Iterator[bytes]:
    for _, plain in index:
        with plain.open("rb") as file:
            yield from file


def _spread(work: Site, found: Iterator[Entry]) -> int:
    """Make the folders, write the plan and the indexes of what is restored; bytes that its files will take."""
    needed, plan = 0, PlanWriter(work.plan)
    with _spooled(work.index) as index, _spooled(work.rest) as rest, Tree(work.tree) as tree:
        for entry in found:
            row, body = line(entry), entry.body if entry.stat.type is Type.FILE and not entry.link else None
            index.put(row)
            if entry.stat.type is Type.FOLDER:
                tree.make_folder(entry.path)
            if body is None or len(blocks_of(body)) > 1:
                rest.put(row)
            if body is not None:
                plan.add(body, row)
                needed += body.stored
    plan.flush()
    return needed


@contextmanager
def _spooled(path: Path) -> Iterator[SpooledIndex]:
    """A new index in a file."""
    with path.open("wb") as file:
        index = SpooledIndex(file)
        yield index
        index.end()
