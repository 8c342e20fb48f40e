"""Makes a site ready for data: the rules about the place, the plan, the folders. Nothing that exists is touched. Floor: tools."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from workers.artifact import Order, Segment
from workers.errors import Refused
from workers.plans.values import size_text
from workers.sources.files.entry import Entry, Type
from workers.sources.files.index import read
from workers.sources.files.place import look
from workers.sources.files.plan import PlanWriter
from workers.sources.files.selection import Selection, patterns, selected
from workers.sources.files.site import Site, site
from workers.sources.files.spooled import SpooledIndex
from workers.sources.files.tree import Tree
from workers.sources.folders import told

SPARE = 64 << 20  # bytes that stay free beside the restored files, for folders, plan and the file system's own


def prepare(order: Order, index: Iterable[tuple[Segment, Path]]) -> None:
    """Prepare the site of a restore. Refused where the place is taken, on another file system, or has no room; then nothing is left."""
    allowed(order)
    work = site(order)
    work.begin()
    try:
        with told(work.folder):
            needed = _spread(work, selected(entries(index), Selection(patterns(order))))
        room(work, needed)
    except BaseException:
        work.remove()
        raise


def allowed(order: Order) -> None:
    """Refused where the place may not be restored to: something stands there unconfirmed, or it cannot be exchanged by a rename."""
    place = look(order.into)
    into = site(order).into
    if not place.empty and order.confirm is None:
        raise Refused(f"{into} holds {place.rows} names; restore to another folder, or confirm that it is moved aside")
    if not into.parent.is_dir():
        raise Refused(f"{into.parent} is no folder; make it first, or restore to another place")
    if place.exists and os.path.ismount(into):
        raise Refused(f"{into} is a mount point and cannot be moved aside; restore to a folder on the same file system: {into}/restored")


def room(work: Site, needed: int) -> None:
    """Refused where the file system has not room for so many bytes more."""
    found = os.statvfs(work.folder)
    free = found.f_bavail * found.f_frsize
    if free < needed + SPARE:
        mebibytes = size_text((needed + SPARE - free + (1 << 20) - 1) >> 20 << 20)
        raise Refused(f"{work.into.parent} has no room for the restored files: {mebibytes} more are needed")


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
