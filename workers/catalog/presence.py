"""Which backups were still in their repositories when somebody looked: each backup looks before it begins. Floor: tools.

A manifest of such a backup says that its snapshot was proven in every required store. Somebody may have removed it since, by the engine's
own program, and no store can tell. What the newest look has found, the manifest of the backup that looked says in its extras.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from workers.catalog.index import Entry, Listing
from workers.catalog.manifest import Manifest

LOOKED, MISSING = "looked", "missing:"  # extras: the stores that were looked into; of each, the backups whose snapshots it did not hold


@dataclass(frozen=True, slots=True)
class Look:
    """A look into the repositories of a target: when, in which stores, and what was missing there, as pairs of store and backup."""

    at: datetime
    stores: tuple[str, ...]
    missing: frozenset[tuple[str, str]] = frozenset()

    def extras(self) -> tuple[tuple[str, str], ...]:
        """As facts have it; `look` reads it again."""
        held = {name: sorted(backup for store, backup in self.missing if store == name) for name in self.stores}
        return ((LOOKED, " ".join(self.stores)), *((f"{MISSING}{name}", " ".join(ids)) for name, ids in held.items() if ids))


def look(backup: Manifest) -> Look | None:
    """The look that a backup began with; None where there was none, or where nobody could look."""
    extras = dict(backup.facts.extras)
    if LOOKED not in extras:
        return None
    stores = tuple(extras[LOOKED].split())
    return Look(backup.started, stores, frozenset((name, gone) for name in stores for gone in extras.get(f"{MISSING}{name}", "").split()))


def looks(entries: Iterable[Entry]) -> dict[str, Look]:
    """The newest look into the repositories of each target among these, which are in the order of a listing.

    One of a time that has not come, as a wrong clock makes it, would be the newest for long: it tells nothing.
    """
    found: dict[str, Look] = {}
    for entry in entries:
        if entry.manifest.target not in found and (last := look(entry.manifest)) and last.at <= datetime.now(UTC):
            found[entry.manifest.target] = last
    return found


def seen(listing: Listing) -> Listing:
    """The listing as the last looks know it: what no repository held is `gone`, and a store without the snapshot holds no copy."""
    known = looks(listing.entries)
    if not any(each.missing for each in known.values()):
        return listing
    entries = tuple(_left(listing.entries, known))
    there = {entry.manifest.id for entry in entries}
    return replace(listing, entries=entries, gone=tuple(entry for entry in listing.entries if entry.manifest.id not in there))


def _left(entries: Iterable[Entry], known: dict[str, Look]) -> Iterator[Entry]:
    for entry in entries:
        last = known.get(entry.manifest.target)
        stores = tuple(store for store in entry.stores if not last or (store.name, entry.manifest.id) not in last.missing)
        if stores:
            yield replace(entry, stores=stores)
