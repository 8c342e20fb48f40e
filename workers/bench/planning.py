"""What a restore would do, said before anything is done. Reads the catalog and asks the host; changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from workers.alerts.words import count, duration
from workers.artifact import Order, Role, Segment
from workers.bench import borrowing, choosing
from workers.bench.opening import Opening
from workers.bench.tools import Tools
from workers.bench.wishes import Wish
from workers.catalog import index
from workers.catalog.manifest import SAFETY, Manifest
from workers.errors import Refused
from workers.ports import Place

Ask: TypeAlias = Callable[[str, str], Place]  # target, name of the place → what stands there; only the host can look

LOOKED_AT = 50  # newest runs whose speed a forecast may be made from
COMPARABLE = 10  # a restore this many times smaller says nothing: seconds that every run needs would be multiplied


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate of how long a restore takes. `measured` names the restore it was scaled from; "" where there was none:

    then `span` is what the backup itself took, which is the least that can be said.
    """

    span: timedelta
    measured: str = ""


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """One restore, thought through; `reads` are the segments that it needs, of other backups, too.

    `safety` is about how long the safety backup takes that comes first; None: nothing is replaced. `touched` says what single tables
    touch beside them.
    """

    target: str
    host: str
    manifest: Manifest
    stores: tuple[str, ...]
    order: Order
    place: Place
    forecast: Forecast
    objective: timedelta | None
    safety: timedelta | None = None
    reads: tuple[Segment, ...] = ()
    touched: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """The host that does it."""
        return self.order.lent.host if self.order.lent else self.host

    @property
    def span(self) -> timedelta:
        """About how long all of it takes."""
        return self.forecast.span + (self.safety or timedelta(0))

    @property
    def plain(self) -> int:
        """Bytes of what is read: of all segments, or what a source with a repository of its own says."""
        return self.manifest.plain if self.manifest.recorded else sum(segment.plain.bytes for segment in self.reads)

    @property
    def stored(self) -> int:
        """Bytes that it takes in each store."""
        stored = sum(segment.stored.bytes for segment in self.reads if segment.stored)
        return self.manifest.stored if self.manifest.recorded else stored

    @property
    def changes(self) -> str:
        """What will be different afterwards."""
        if self.order.server:
            return f"makes {self.place.name}, a server of its own that is not started; nothing that exists is touched"
        held = f"{self.place.name} with about {count(self.place.rows, self.place.unit)}"
        if not self.place.empty and self.place.aside:
            what = f"what these files replace in {self.place.name}" if self.order.objects else held
            return f"moves {what} to {self.place.aside}; nothing is deleted"
        if not self.place.empty and self.order.objects:
            what = f"REPLACES {', '.join(self.order.objects)} of {self.place.name}, all at one moment; everything else in it stays as it is"
            return f"{what}; undo() brings them back"
        if not self.place.empty:
            return f"DROPS {held}, and makes it anew from the backup; undo() brings back what the safety backup holds"
        if self.place.exists:
            return f"makes {self.place.name}, which is empty, anew; nothing else is touched"
        return f"creates {self.place.name}; nothing that exists is touched"


def restore(tools: Tools, ask: Ask, wish: Wish) -> RestorePlan:
    """The plan of a restore of one backup (the newest, where none is named). Refused in words that say what would work."""
    target = wish.target
    row = tools.target(target)
    if wish.confirm not in (None, target):
        raise Refused(f"confirm={wish.confirm!r} does not name the target; to restore over it: confirm={target!r}")
    entry = newest(tools, target) if wish.backup is None else index.find(tools.stores_of(target), target, wish.backup)
    manifest = entry.manifest
    live = manifest.facts.place
    if wish.server is not None:
        fits_server(wish, manifest)
    choosing.known(manifest, wish.choice)
    place = ask(target, wish.server or (live if wish.into is None else wish.into))
    if wish.server and not place.empty:
        raise Refused(
            f'{wish.server} is not empty on {row.host}; name a folder that is not there: restore("{target}", server="{wish.server}_new")'
        )
    safety = None if place.empty or place.aside else manifest.ended - manifest.started  # as long as that backup took
    if not place.empty and (wish.confirm is None or place.name != live):
        raise Refused(standing(target, row.host, place, Over(kept(place, safety) if place.name == live else "", wish.typed)))
    confirm, aside = None if place.empty else wish.confirm, bool(place.aside) and not place.empty
    wanted = Order(manifest.id, live, place.name, manifest.facts, confirm, server=wish.server or "", aside=aside)
    order = choosing.ordered(manifest, wish.choice, wanted)
    stores, objective = tuple(store.name for store in entry.stores), tools.plan(target).objectives.rto
    reads = tuple(segment for segment in borrowing.segments(tools.stores_of(target), manifest) if order.needs(segment))
    return RestorePlan(target, row.host, manifest, stores, order, place, forecast(tools, manifest, reads), objective, safety, reads)


def fits_server(wish: Wish, manifest: Manifest) -> None:
    """Refused where a backup makes no server of its own, or another place is named besides."""
    target = wish.target
    if wish.into is not None or wish.confirm is not None:
        raise Refused(f'server= makes a new server of the whole backup and takes no into= or confirm=: restore("{target}", server="…")')
    if manifest.facts.mode != "physical":
        raise Refused(
            f"{manifest.id} is a logical full of one database and makes no server; mode in the target's options makes physical ones."
            f' Into a new name: restore("{target}", into="{manifest.facts.place}_restored"); a moment makes a server, too: at="…"'
        )


def newest(tools: Tools, target: str) -> index.Entry:
    """The newest good backup; Refused, with what was found instead, where there is none.

    A safety backup is taken only by name: it holds what somebody had reason to replace.
    """
    listing = tools.backups(target)
    whole = [entry for entry in listing.entries if not entry.manifest.names_logs and entry.manifest.label != SAFETY]
    if not whole:
        found = "; ".join(f"{problem.store}: {problem.reason}" for problem in listing.problems)
        if held := [entry.manifest.id for entry in listing.entries if entry.manifest.label == SAFETY]:
            raise Refused(f'{target} has only safety backups, which are taken by name: backup="{held[0]}", or undo(), which tells more')
        raise Refused(f"{target} has no backup that could be restored" + (f" ({found})" if found else f'; make one: backup("{target}")'))
    return whole[0]


@dataclass(frozen=True, slots=True)
class Over:
    """What restoring over a place would take, in words ("": it cannot be restored over), and the other arguments of the verb."""

    words: str = ""
    typed: str = ""


def standing(target: str, host: str, place: Place, over: Over) -> str:
    """What to say where something stands in the way; only the live place can be restored over."""
    lines = [
        f'"{place.name}" exists on {host} and holds about {count(place.rows, place.unit)}.',
        f'  · into a new name:      restore("{target}", into="{place.name}_restored"{over.typed})',
    ]
    if over.words:
        lines.append(f'  · over it:              restore("{target}", confirm="{target}"{over.typed})     {over.words}')
    return "\n".join(lines)


def kept(place: Place, safety: timedelta | None) -> str:
    """What happens to what stands in a place that is restored over."""
    return f"it is moved aside, to {place.aside}" if safety is None else f"a safety backup is made first (about {duration(safety)})"


def free(tools: Tools, opening: Opening) -> None:
    """Refused, naming the run, where another one holds a lock that this one needs. Control looks again when it takes them."""
    for lock in opening.locks:
        if holder := tools.ledger.holder(lock):
            raise Refused(f'run {holder} is still going and stands in the way; watch("{holder}") shows it, why("{holder}") tells more')


def forecast(tools: Tools, manifest: Manifest, reads: tuple[Segment, ...]) -> Forecast:
    """How long a restore of a backup takes: as fast as the newest comparable restore of its target, else no faster than the backup was."""
    data = sum(segment.plain.bytes for segment in reads if segment.role is Role.DATA)
    loads = manifest.loads if manifest.recorded else data
    for entry in tools.ledger.runs(LOOKED_AT):
        loaded = entry.counter("loaded.bytes")
        if entry.run.work != "restore" or entry.run.target != manifest.target or entry.state != "done" or not entry.closed:
            continue
        if loads and loaded * COMPARABLE >= loads and not (entry.run.order and entry.run.order.until):
            return Forecast((entry.closed - entry.run.opened) * (loads / loaded), entry.run.id)
    return Forecast(manifest.ended - manifest.started)
