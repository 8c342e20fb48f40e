"""What of an index is wanted, and the folders that it lies in. Floor: tools."""

from collections.abc import Iterable, Iterator
from dataclasses import replace as changed

from msgspec.structs import replace

from workers.artifact import Order
from workers.sources.files.entry import Entry, Type
from workers.sources.files.whereabouts import Whereabouts
from workers.sources.folders.selection import Selection, is_inside


def selected(entries: Iterable[Entry], selection: Selection) -> Iterator[Entry]:
    """The wanted entries, and the folders that they lie in; of names that no restore can make, those that are missed by it.

    A file whose first name is not wanted comes under its next one.
    """
    kept = (entry for entry in entries if entry.stat.type is not Type.GONE)
    if not selection.patterns:
        yield from kept
        return
    above: list[Entry] = []
    first: dict[str, str] = {}
    for entry in kept:
        while above and not is_inside(entry.path, above[-1].path):
            above.pop()
        if selection.takes(entry.path, folder=entry.stat.type is Type.FOLDER) if entry.restorable else selection.misses(entry.path):
            yield from above
            above.clear()
            yield _renamed(entry, selection, first)
        elif entry.stat.type is Type.FOLDER:
            above.append(entry)


def _renamed(entry: Entry, selection: Selection, first: dict[str, str]) -> Entry:
    """A further name of a file as one of its own, where the first name is not wanted; those after it are names of this one."""
    if not entry.link or selection.takes(entry.link, folder=False):
        return entry
    if entry.link in first:
        return replace(entry, link=first[entry.link])
    first[entry.link] = entry.path
    return replace(entry, link="")


def select(order: Order, entries: Iterable[Entry], where: Whereabouts) -> Order:
    """The order with the segments that hold what it wants. Refused, naming them, where patterns match nothing in the index."""
    selection = Selection(order.objects)
    for entry in selected(entries, selection):
        if entry.body is not None and not entry.link:
            where.want(entry.body)
    selection.complete(order.backup)
    return changed(order, reads=where.ranges)
