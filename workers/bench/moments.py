"""What a restore to a moment would do, said before anything is done: the path is proven from manifests, and the host is asked."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from workers import sources
from workers.alerts.words import stamp
from workers.artifact import Order, Position, Statement, Until
from workers.bench import chains, lending, scratch, times
from workers.bench.lending import Able
from workers.bench.planning import LOOKED_AT, Ask, Over, RestorePlan, forecast, kept, standing
from workers.bench.scratch import Need
from workers.bench.tools import Tools
from workers.bench.wishes import Wish
from workers.catalog import index, ways
from workers.catalog.recovery import Stretch
from workers.catalog.ways import Way
from workers.errors import Refused
from workers.ports import Finding, Place

Known: TypeAlias = dict[str, index.Entry]  # every backup of a target, and the logs of its servers, by id


@dataclass(frozen=True, slots=True)
class Hosts:
    """How hosts are asked: what stands at a place, and whether one could replay."""

    ask: Ask
    able: Able


@dataclass(frozen=True, slots=True)
class Spans:
    """How long the parts of a restore to a moment take."""

    base: timedelta
    logs: timedelta
    replay: timedelta
    load: timedelta

    @property
    def whole(self) -> timedelta:
        """All of it."""
        return self.base + self.logs + self.replay + self.load


@dataclass(frozen=True, slots=True)
class MomentPlan:
    """One restore to a moment: the restore of its full backup, and what is different. `spans` is None where none was measured yet."""

    base: RestorePlan
    way: Way
    words: str
    findings: tuple[Finding, ...]
    need: Need
    spans: Spans | None
    stores: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The target."""
        return self.base.target

    @property
    def order(self) -> Order:
        """What is sent."""
        return self.base.order

    @property
    def host(self) -> str:
        """The host that does it."""
        return self.base.by

    @property
    def bytes(self) -> int:
        """Bytes of all logs that are needed."""
        return sum(piece.log.plain.bytes for piece in self.way.pieces)


def is_moment(tools: Tools, wish: Wish) -> bool:
    """Whether the wish is for more than a backup that holds its own data."""
    if wish.moments or wish.backup is None:
        return bool(wish.moments)
    return index.find(tools.stores_of(wish.target), wish.target, wish.backup).manifest.names_logs


def plan(tools: Tools, hosts: Hosts, wish: Wish) -> MomentPlan:
    """The plan. Refused, with what would work, where the path has a gap, the moment is out of reach, or the host could not do it."""
    _fits(tools, wish)
    known = {entry.manifest.id: entry for entry in chains.entries(wish.target, tools.stores_of(wish.target))}
    way, words = _way(tools, wish, known)
    base = replace(_base(tools, hosts.ask, wish, way), stores=tuple(store.name for store in known[way.full.id].stores))
    logs = sum(segment.plain.bytes for bundle in way.bundles for segment in bundle.segments)
    need = lending.need(way.full, scratch.room(way.full.facts.mode, base.plain, logs), wish.server or "")
    base, findings = _served(tools, hosts.able, base, need)
    return MomentPlan(
        base,
        way,
        words,
        findings,
        need,
        _spans(tools, base, logs),
        _stores(tools, wish.target, [known[bundle.id] for bundle in way.bundles]),
    )


def _served(tools: Tools, able: Able, base: RestorePlan, need: Need) -> tuple[RestorePlan, tuple[Finding, ...]]:
    """The restore, by a host that can do it, and what that said of a replay."""
    if base.order.until is None:
        return lending.served(tools, able, base), ()
    lent, findings = lending.able(tools, able, base.target, need)
    return replace(base, order=replace(base.order, lent=lent)), findings


def _fits(tools: Tools, wish: Wish) -> None:
    """Refused for what no logs are needed to know."""
    if len(wish.moments) > 1 or (wish.moments and wish.backup):
        given = ", ".join((*wish.moments, *(["backup"] if wish.backup else [])))
        raise Refused(f"{given} were given; one of them says to which moment")
    if wish.choice.accounts:
        raise Refused('accounts are not in the logs: leave out accounts=True and definers="make", or restore a full backup with them')
    if wish.confirm not in (None, wish.target):
        raise Refused(f"confirm={wish.confirm!r} does not name the target; to restore over it: confirm={wish.target!r}")
    if wish.server and (wish.into or wish.confirm):
        raise Refused("server= makes a new server; leave out into and confirm")
    if tools.target(wish.target).source not in sources.LOGS:
        raise Refused(
            f"{wish.target} is a target of source {tools.target(wish.target).source}, which has no logs; only whole backups come back"
        )


def _way(tools: Tools, wish: Wish, known: Known) -> tuple[Way, str]:
    """The way to the moment, and the moment in words."""
    zone = tools.settings.time_zone
    found = chains.of(tools, wish.target, tuple(known.values()))
    if wish.at is not None:
        time = times.read(wish.at, zone)
        return _to_time(tools, wish.target, found, time.moment), time.words
    if wish.backup is not None:
        return _to_backup(tools, wish, known, found)
    if isinstance(wish.before, Statement) or wish.position is not None:
        position = wish.before.position if isinstance(wish.before, Statement) else _position(str(wish.position))
        words = f"just before {wish.before.sql!r:.60}, " if isinstance(wish.before, Statement) else ""
        return ways.to_position(found, position), f"{words}{position.file} at {position.offset}"
    until = Until(gtid=wish.gtid, before=wish.before)
    words = f"just before {wish.before}" if wish.before else f"{wish.gtid}, and with it"
    return ways.to_transaction(found, until, sources.gtids(tools.target(wish.target).source)), words


def _to_time(tools: Tools, target: str, found: tuple[Stretch, ...], moment: datetime) -> Way:
    zone, now = tools.settings.time_zone, datetime.now(UTC)
    try:
        return ways.to_time(found, moment)
    except Refused as refused:
        before = max((stretch.end for stretch in found if stretch.end < moment), default=None)
        after = min((stretch.begin for stretch in found if stretch.begin > moment), default=None)
        right = [f'  · the last moment before it:  at="{stamp(before, zone)}"'] if before else []
        right += [f'  · the first after it:         at="{stamp(after + timedelta(seconds=1), zone)}"'] if after else []
        right += [] if right else [f'  · make a full backup: backup("{target}")']
        why = f"{stamp(moment, zone)} lies in the future" if moment > now else refused.reason
        raise Refused("\n".join([why, *right, f'  · window("{target}") shows all that can be reached'])) from refused


def _to_backup(tools: Tools, wish: Wish, known: Known, found: tuple[Stretch, ...]) -> tuple[Way, str]:
    named = index.find(tools.stores_of(wish.target), wish.target, wish.backup or "").manifest
    full = chains.line({name: entry.manifest for name, entry in known.items()}, named)[-1]
    if full.names_logs:
        raise Refused(f"{named.id} goes back to {full.parent}, which is not in any store that answers")
    words = f"{named.id}, {stamp(named.facts.snapshot, tools.settings.time_zone)}"
    return ways.to_backup(found, full.id, named), words


def _position(text: str) -> Position:
    file, _, offset = text.rpartition(":")
    if not file or not offset.isdecimal():
        raise Refused(f'position="{text}" is none; write file and offset, for example position="binlog.000012:4711"')
    return Position(file, int(offset))


def _base(tools: Tools, ask: Ask, wish: Wish, way: Way) -> RestorePlan:
    """The restore of the full backup, with the moment in its order."""
    row, full, live = tools.target(wish.target), way.full, way.full.facts.place
    place = Place(wish.server, exists=False, empty=True) if wish.server else ask(wish.target, live if wish.into is None else wish.into)
    safety = None if place.empty else full.ended - full.started  # as long as that backup took
    if not place.empty and (wish.confirm is None or place.name != live):
        raise Refused(standing(wish.target, row.host, place, Over(kept(place, safety) if place.name == live else "", wish.typed)))
    order = Order(full.id, live, live if wish.server else place.name, full.facts, None if place.empty else wish.confirm)
    order = replace(order, objects=wish.choice.tables, definers=wish.choice.definers)  # which tables there are, only the logs know
    if way.pieces:
        pins = tuple(f"{bundle.target}/{bundle.id}" for bundle in way.bundles)
        order = replace(order, until=way.until, logs=pins, server=wish.server or "")
    elif wish.server:
        raise Refused(
            f"there are no logs after {full.id} up to this moment, and a new server is made of a replay; restore the backup itself"
        )
    guess, objective = forecast(tools, full, full.segments), tools.plan(wish.target).objectives.rto
    return RestorePlan(wish.target, row.host, full, (), order, place, guess, objective, safety, full.segments)


def _stores(tools: Tools, target: str, held: list[index.Entry]) -> tuple[str, ...]:
    """The stores that hold all of these; where none does, those that hold some."""
    names = [{store.name for store in entry.stores} for entry in held]
    every = [store.name for store in tools.stores_of(target)]
    whole = [name for name in every if all(name in found for found in names)]
    return tuple(whole or [name for name in every if any(name in found for found in names)])


def _spans(tools: Tools, base: RestorePlan, logs: int) -> Spans | None:
    """As fast as the newest restore to a moment of this target from a backup of this mode, its parts scaled by their bytes."""
    for entry in tools.ledger.runs(LOOKED_AT):
        order, plain, brought = entry.run.order, entry.counter("loaded.bytes"), entry.counter("brought.logs")
        if entry.run.target != base.target or entry.state != "done" or not (order and order.until and plain and brought and entry.closed):
            continue
        if order.facts.mode != base.order.facts.mode:
            continue
        took = {name: entry.counter(f"{name}.seconds") for name in ("base", "logs", "replay")}
        rest = (entry.closed - entry.run.opened).total_seconds() - sum(took.values())
        data, more = base.plain / plain, logs / brought
        return Spans(*(timedelta(seconds=span) for span in (took["base"] * data, took["logs"] * more, took["replay"] * more, rest * data)))
    return None
