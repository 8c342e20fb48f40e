"""What a restore of a backup reads: its own segments, and the data segments of the backups whose data it shares."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from workers.artifact import Role, Segment
from workers.catalog import index
from workers.catalog.manifest import Manifest, segment_key
from workers.errors import Permanent, Refused
from workers.ports import Store


def segments(stores: Iterable[Store], manifest: Manifest) -> tuple[Segment, ...]:
    """All of them, each with a number of its own; borrowed ones come last, and say where they lie.

    Raises Permanent where a backup that it shares data with is gone.
    """
    if not manifest.segments:  # its pins are logs: there is nothing to fetch, they are replayed
        return ()
    asked, numbers = tuple(stores), count(len(manifest.segments) + 1)
    lent = (found for pin in manifest.pins for found in _lent(asked, manifest, pin))
    return (*manifest.segments, *(replace(found, number=next(numbers)) for found in lent))


def _lent(stores: tuple[Store, ...], manifest: Manifest, pin: str) -> Iterator[Segment]:
    target, _, backup = pin.partition("/")
    try:
        lender = index.find(stores, target, backup).manifest
    except Refused as error:
        raise Permanent(f"{manifest.id} builds on {backup}, which cannot be read: {error.reason}") from error
    for segment in lender.segments:
        if segment.role is Role.DATA:
            yield replace(segment, key=segment_key(target, backup, segment))
