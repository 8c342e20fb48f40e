"""What the settings' rows say about one another: hosts, plans, stores and services that are named must exist and fit. Floor: words.

Works on the document as it was written, so that a wrong name is told in the same list as a wrong type elsewhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workers.plans.drivers import Driver
from workers.plans.values import unknown
from workers.settings.faults import Fault, key_path, rows, words
from workers.settings.kinds import SOURCES, drivers

Document = Mapping[str, Any]
_TOLD = ("nice", "ionice", "load")  # keys of a throttle that a source keeps itself

_YES = ("true", "1", "yes", "on", "t", "y")  # as pydantic reads a switch, which the environment gives as text


def check(document: Document) -> Iterator[Fault]:
    """Every fault between rows."""
    yield from _hosts(document)
    yield from _targets(document)
    yield from _throttles(document)
    yield from _plans(document)
    yield from _services(document)
    yield from _circles(document)


def _named(document: Document, place: tuple[str, str, str], section: str) -> Iterator[Fault]:
    """A fault for each name at `place` that `section` does not have."""
    known = tuple(rows(document, section))
    for word in words(rows(document, place[0])[place[1]], place[2]):
        if word not in known:
            yield Fault(key_path(place), unknown(section.removesuffix("s"), word, known, section))


def _hosts(document: Document) -> Iterator[Fault]:
    hosts = rows(document, "hosts")
    if not any(row.get("role") == "control" for row in hosts.values()):
        yield Fault("hosts", 'no host has role "control", which starts and tells; add [hosts.control] with role = "control"')


def _targets(document: Document) -> Iterator[Fault]:
    for name, row in rows(document, "targets").items():
        yield from _named(document, ("targets", name, "host"), "hosts")
        yield from _named(document, ("targets", name, "plan"), "plans")
        host, source = row.get("host"), row.get("source")
        role = rows(document, "hosts").get(str(host), {}).get("role")
        driver = drivers(SOURCES).get(str(source))
        if driver and driver.roles and isinstance(role, str) and role not in driver.roles:
            fits = " or ".join(f'"{fit}"' for fit in driver.roles)
            yield Fault(key_path(("targets", name, "host")), f'"{host}" has role "{role}", {source} needs a host with role {fits}')
        if driver:
            yield from _houses(document, name, driver)
        yield from _sensitive(document, name)


def _sensitive(document: Document, name: str) -> Iterator[Fault]:
    """A fault where a target that holds secrets has a plan that does not encrypt."""
    row = rows(document, "targets")[name]
    plan = rows(document, "plans").get(str(row.get("plan")))
    if str(row.get("sensitive")).lower() in _YES and plan is not None and not words(plan, "recipients"):
        wanted = "give it some, or name another plan: whoever reads a store could read the target"
        yield Fault(key_path(("targets", name, "sensitive")), f'plan "{row["plan"]}" has no recipients; {wanted}')


def _throttles(document: Document) -> Iterator[Fault]:
    """A rate holds for every source; more than that has to be told to it."""
    for name, row in rows(document, "targets").items():
        source, throttle = str(row.get("source")), rows(document, "plans").get(str(row.get("plan")), {}).get("throttle")
        asked = [key for key in _TOLD if isinstance(throttle, Mapping) and key in throttle]
        driver = drivers(SOURCES).get(source)
        if driver and asked and not driver.gentle:
            yield Fault(
                key_path(("targets", name, "plan")),
                f"its throttle has {' and '.join(asked)}, which {source} cannot keep; give this target a plan with no more than a rate",
            )


def _houses(document: Document, name: str, driver: Driver) -> Iterator[Fault]:
    """A fault where a plan names stores that the target's source can keep no repository in, or into which it copies nothing."""
    row = rows(document, "targets")[name]
    stores, place = rows(document, "stores"), key_path(("targets", name, "plan"))
    required = [word for word in words(rows(document, "plans").get(str(row.get("plan")), {}), "required") if word in stores]
    said = f'"{row.get("plan")}" requires'
    for word in required:
        kind = stores[word].get("kind")
        if driver.houses and isinstance(kind, str) and kind not in driver.houses:
            fits = " or ".join(driver.houses)
            yield Fault(
                place, f'{said} store "{word}" of kind {kind}, {row["source"]} keeps its repository in {fits} only; restic knows both'
            )
    for word in words(rows(document, "plans").get(str(row.get("plan")), {}), "sync") if driver.housed else ():
        more = "name it under required" if driver.copies != 1 else "leave it out, or take restic, which keeps one in each required store"
        yield Fault(place, f'"{row.get("plan")}" has store "{word}" under sync, where {row["source"]} keeps no repository: {more}')
    if driver.copies and len(required) > driver.copies:
        yield Fault(place, f"{said} {len(required)} stores, {row['source']} keeps its repository in {driver.copies}; restic copies to more")


def _plans(document: Document) -> Iterator[Fault]:
    for name, row in rows(document, "plans").items():
        for key in ("required", "sync"):
            yield from _named(document, ("plans", name, key), "stores")
        named = words(row, "required") + words(row, "sync")
        for word in dict.fromkeys(word for word in named if named.count(word) > 1):
            yield Fault(key_path(("plans", name)), f'names the store "{word}" twice; once in required or sync is enough')


def _services(document: Document) -> Iterator[Fault]:
    for name in rows(document, "services"):
        yield from _named(document, ("services", name, "targets"), "targets")
        yield from _named(document, ("services", name, "needs"), "services")


def _circles(document: Document) -> Iterator[Fault]:
    """One fault for each circle of services that wait for one another, told at its first service by name."""
    needs = {name: words(row, "needs") for name, row in rows(document, "services").items()}
    for name in sorted(needs):
        path = _way_back(needs, name)
        if path and name == min(path):
            yield Fault(
                key_path(("services", name, "needs")), f"a circle: {' → '.join([*path, name])}; nothing in it could come back first"
            )


def _way_back(needs: Mapping[str, tuple[str, ...]], start: str) -> list[str]:
    """The shortest way from a service over its needs to itself, or nothing."""
    waiting, seen = [[start]], {start}
    for path in waiting:
        for need in needs.get(path[-1], ()):
            if need == start:
                return path
            if need not in seen:
                seen.add(need)
                waiting.append([*path, need])
    return []
