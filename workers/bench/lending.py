"""Another host of the settings lends its server programs, where a target's own host cannot replay logs, or serve the files of a server.

It does the whole restore, from the stores to the live server, which it reaches over the network: nothing has to travel between the two
hosts, and every step is where it would be otherwise. Whether it reaches the same server is asked of both, and again when it begins.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from workers.artifact import Lent, Order
from workers.bench import scratch
from workers.bench.planning import RestorePlan
from workers.bench.scratch import LIVE, Need
from workers.bench.tools import Tools
from workers.catalog.manifest import Manifest
from workers.errors import Refused
from workers.ports import Finding, LogSource
from workers.settings import Settings
from workers.topology import CONTROL

Able: TypeAlias = Callable[[str, Need, str], tuple[Finding, ...]]  # target, what is needed, host → its findings; Refused: it is silent


def able(tools: Tools, ask: Able, target: str, need: Need) -> tuple[Lent | None, tuple[Finding, ...]]:
    """Who can do a restore through a scratch server, and what that host said: None is the target's own host.

    Refused, with what would mend it and with what each of the others says, where nobody can. A new server is made on its own host only.
    """
    own = tools.target(target).host
    found = ask(target, need, own)
    if not (why := _against(found)):
        return None, found
    words = f"{own} cannot do this restore: {why}"
    if need.server or not (others := lenders(tools.settings, own)):
        raise Refused(words)
    need = replace(need, live=True)
    live = _live(ask(target, need, own))
    for host in others:
        said = _asked(ask, target, need, host)
        if not (why := _against(said) or _differs(_live(said), live)):
            return Lent(host, live), said
        words = f"{words}\n  · nor can {host}: {why}"
    raise Refused(words)


def served(tools: Tools, ask: Able, plan: RestorePlan) -> RestorePlan:
    """The plan of a restore, done by a host that can serve the files of a physical full; a logical one needs none. Refused as above.

    A new server is tried, and stays, on the target's own host; what it needs of the disk is looked at where it is made.
    """
    if plan.order.facts.mode != "physical":
        return plan
    if plan.order.server:
        _own(tools, ask, plan.target, need(plan.manifest, 0), "do this restore")
        return plan
    lent, _ = able(tools, ask, plan.target, need(plan.manifest, scratch.room("physical", plan.plain, 0)))
    return replace(plan, order=replace(plan.order, lent=lent))


def tried(tools: Tools, ask: Able, manifest: Manifest) -> None:
    """Refused where the target's own host cannot try a physical full, for want of programs or room: nobody else does.

    A logical one is tried beside the live database, then.
    """
    if manifest.facts.mode == "physical":
        _own(tools, ask, manifest.target, need(manifest, scratch.room("physical", manifest.plain, 0)), f"verify {manifest.id}")


def need(manifest: Manifest, room: int, server: str = "") -> Need:
    """What a scratch server on a backup needs of a host; counts and warnings do not travel."""
    return Need(replace(manifest.facts, counts=(), warnings=()), room, server)


def _own(tools: Tools, ask: Able, target: str, need: Need, what: str) -> None:
    own = tools.target(target).host
    if why := _against(ask(target, need, own)):
        raise Refused(f"{own} cannot {what}: {why}")


def lenders(settings: Settings, own: str) -> tuple[str, ...]:
    """The other hosts that have workers for data, those of the same role first."""
    role = settings.hosts[own].role
    found = [name for name, row in settings.hosts.items() if row.role != CONTROL and name != own]
    return tuple(sorted(found, key=lambda name: settings.hosts[name].role != role))


def prove(order: Order, source: object) -> None:
    """Refused where a host that does a restore for another reaches another server than that one did."""
    if order.lent and isinstance(source, LogSource) and (why := _differs(source.identity(), order.lent.live)):
        raise Refused(f"{order.lent.host} cannot do this restore: {why}")


def _differs(found: str, wanted: str) -> str:
    same = found and found == wanted
    return "" if same else f"the address of the live server leads to {found or 'none'} from there, and not to {wanted or 'it'}"


def _asked(ask: Able, target: str, need: Need, host: str) -> tuple[Finding, ...]:
    """What another host says; one that is silent can do nothing."""
    try:
        return ask(target, need, host)
    except Refused as refused:
        return (Finding(False, "worker", refused.reason),)


def _against(found: Iterable[Finding]) -> str:
    """The first thing that stands against it, and what would mend it."""
    bad = next((finding for finding in found if not finding.ok), None)
    return f"{bad.found}{f'; {bad.remedy}' if bad.remedy else ''}" if bad else ""


def _live(found: Iterable[Finding]) -> str:
    return next((finding.found for finding in found if finding.ok and finding.what == LIVE), "")
