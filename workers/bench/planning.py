"""What a restore would do, said before anything is done. Reads the catalog and asks the host; changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from workers.artifact import Order
from workers.bench.tools import Tools
from workers.catalog import index
from workers.catalog.manifest import Manifest
from workers.errors import Refused
from workers.ports import Place

Ask: TypeAlias = Callable[[str, str], Place]  # target, name of the place → what stands there; only the host can look

LOOKED_AT = 50  # newest runs whose speed a forecast may be made from


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """One restore, thought through. `forecast` is None where no restore was measured yet."""

    target: str
    host: str
    manifest: Manifest
    stores: tuple[str, ...]
    order: Order
    place: Place
    forecast: timedelta | None
    objective: timedelta | None

    @property
    def plain(self) -> int:
        """Bytes of all plain segments."""
        return sum(segment.plain.bytes for segment in self.manifest.segments)

    @property
    def stored(self) -> int:
        """Bytes of all stored segments."""
        return sum(segment.stored.bytes for segment in self.manifest.segments if segment.stored)

    @property
    def changes(self) -> str:
        """What will be different afterwards."""
        if self.place.empty:
            return f"creates {self.place.name}; nothing that exists is touched"
        return f"DROPS {self.place.name} with about {self.place.rows:,} rows, and makes it anew from the backup"


def restore(
    tools: Tools, ask: Ask, target: str, backup: str | None = None, into: str | None = None, confirm: str | None = None
) -> RestorePlan:
    """The plan of a restore of one backup (the newest, where none is named). Refused in words that say what would work."""
    row = tools.target(target)
    if confirm not in (None, target):
        raise Refused(f"confirm={confirm!r} does not name the target; to restore over it: confirm={target!r}")
    entry = index.find(tools.stores_of(target), target, backup) if backup else newest(tools, target)
    manifest = entry.manifest
    place = ask(target, into or manifest.facts.place)
    if not place.empty and confirm is None:
        raise Refused(standing(target, row.host, place))
    order = Order(manifest.id, manifest.facts.place, place.name, manifest.facts, confirm)
    stores = tuple(store.name for store in entry.stores)
    plain = sum(segment.plain.bytes for segment in manifest.segments)
    return RestorePlan(target, row.host, manifest, stores, order, place, forecast(tools, plain), tools.plan(target).objectives.rto)


def newest(tools: Tools, target: str) -> index.Entry:
    """The newest good backup; Refused, with what was found instead, where there is none."""
    listing = index.backups(tools.stores_of(target), target)
    if not listing.entries:
        found = "; ".join(f"{problem.store}: {problem.reason}" for problem in listing.problems)
        raise Refused(f"{target} has no backup that could be restored" + (f" ({found})" if found else f'; make one: backup("{target}")'))
    return listing.entries[0]


def standing(target: str, host: str, place: Place) -> str:
    """What to say where something stands in the way."""
    fresh = f"{place.name}_restored"
    return (
        f'"{place.name}" exists on {host} and holds about {place.rows:,} rows.\n'
        f'  · into a new name:      restore("{target}", into="{fresh}")\n'
        f'  · over it:              restore("{target}", confirm="{target}")     what is there now is dropped: backup("{target}") first'
    )


def forecast(tools: Tools, plain: int) -> timedelta | None:
    """How long a restore of so many plain bytes takes at the speed of the newest one that was done."""
    for entry in tools.ledger.runs(LOOKED_AT):
        loaded = entry.counter("loaded.bytes")
        if entry.run.work == "restore" and entry.state == "done" and entry.closed and loaded:
            return (entry.closed - entry.run.opened) * (plain / loaded)
    return None
