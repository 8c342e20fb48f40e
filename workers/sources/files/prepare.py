"""Makes a site ready for data: the rules about the place, the plan, the folders. Nothing that exists is touched. Floor: tools."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workers.artifact import Order, Segment
from workers.sources.files.entry import Entry, Type
from workers.sources.files.index import read
from workers.sources.files.plan import PlanWriter
from workers.sources.files.selection import selected
from workers.sources.files.site import Site, site
from workers.sources.files.spooled import SpooledIndex
from workers.sources.files.tree import Tree
from workers.sources.folders.paths import told
from workers.sources.folders.place import allowed, look, room
from workers.sources.folders.selection import Selection

PROOF = "every name compared with the index"


def prepare(order: Order, index: Iterable[tuple[Segment, Path]]) -> None:
    """Prepare the site of a restore. Refused where the place is taken, on another file system, or has no room; then nothing is left."""
    allowed(order, look(order.into, PROOF))
    work = site(order)
    work.begin(work.tree, work.plan)
    try:
        with told(work.folder):
            needed = _spread(work, selected(entries(index), Selection(order.objects)))
        room(work.folder, needed)
    except BaseException:
        work.remove()
        raise


def entries(index: Iterable[tuple[Segment, Path]]) -> Iterator[Entry]:
    """The entries of plain index segments, one segment in memory at no time."""
    return read(_lines(index))


def _lines(index: Iterable[tuple[Segment, Path]]) -> Iterator[bytes]:
    for _, plain in index:
        with plain.open("rb") as file:
            yield from file


def _spread(work: Site, found: Iterator[Entry]) -> int:
    """Make the folders, write the plan and the index of what is restored; bytes that its files will take."""
    needed, plan = 0, PlanWriter(work.plan)
    with work.index.open("wb") as file, Tree(work.tree) as tree:
        index = SpooledIndex(file)
        for entry in found:
            index.add(entry)
            if entry.stat.type is Type.FOLDER:
                tree.make_folder(entry.path)
            elif not entry.link:
                plan.add(entry)
                needed += entry.body.stored if entry.body else 0
        index.end()
    plan.flush()
    return needed
