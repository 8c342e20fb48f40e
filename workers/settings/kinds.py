"""The parts of the settings that belong to drivers: each source's own table, each store kind's own keys. Floor: words.

Sources and stores stand on a higher floor, so their tables are found by name when settings are loaded, never by an import statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from workers.plans import Store, Target
from workers.plans.drivers import Driver, resolve
from workers.plans.values import did_you_mean, unknown
from workers.settings.faults import UNKNOWN, Fault, Loc, explain, key_path, rows

SOURCES, STORES = "workers.sources:SOURCES", "workers.stores:STORES"


class Nothing(BaseModel):
    """Stands for options that could not be read, so that the rest can be judged."""


@dataclass(slots=True)
class Kinds:
    """The document with the drivers' options as models, and what was wrong with them. `above` are the keys at the top of the file."""

    document: dict[str, Any]
    above: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)


def drivers(table: str) -> dict[str, Driver]:
    """One of the tables of drivers, imported now."""
    found: dict[str, Driver] = resolve(table)
    return found


def own_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that every row of a section has; `options` is ours and no key of the file."""
    return tuple(key for key in model.model_fields if key != "options")


def split(document: Mapping[str, Any], above: tuple[str, ...] = ()) -> Kinds:
    """Take the drivers' own keys out of the rows of stores and targets, and put their models in."""
    kinds = Kinds(dict(document), above)
    for section, take in (("stores", _store), ("targets", _target)):
        if isinstance(document.get(section), dict):
            taken = {name: take(kinds, name, row) for name, row in rows(document, section).items()}
            kinds.document[section] = {**document[section], **taken}
    return kinds


def _store(kinds: Kinds, name: str, row: dict[str, Any]) -> dict[str, Any]:
    common = {key: row[key] for key in own_keys(Store) if key in row}
    own = {key: value for key, value in row.items() if key not in common}
    driver = _driver(kinds, ("stores", name, "kind"), row, STORES)
    return {**common, "options": _options(kinds, ("stores", name), driver, own)}


def _target(kinds: Kinds, name: str, row: dict[str, Any]) -> dict[str, Any]:
    common = {key: row[key] for key in own_keys(Target) if key in row}
    source = str(row.get("source"))
    rest = {key: value for key, value in row.items() if key not in common and key != source}
    # Under an unknown source, the table of another is part of the same mistake.
    own = (source,) if source in drivers(SOURCES) else tuple(drivers(SOURCES))
    unknown_keys = {key for key in rest if key not in own}
    kinds.faults += [
        Fault(key_path(("targets", name, key)), f"{UNKNOWN}{did_you_mean(key, (*own_keys(Target), *own))}") for key in unknown_keys
    ]
    driver = _driver(kinds, ("targets", name, "source"), row, SOURCES)
    return {**common, "options": _options(kinds, ("targets", name, source), driver, row.get(source))}


def _driver(kinds: Kinds, loc: Loc, row: Mapping[str, Any], table: str) -> Driver | None:
    word, known = row.get(str(loc[-1])), drivers(table)
    if isinstance(word, str) and word not in known:
        kinds.faults.append(Fault(key_path(loc), unknown(str(loc[-1]), word, tuple(known))))
    return known.get(word) if isinstance(word, str) else None


def _options(kinds: Kinds, loc: Loc, driver: Driver | None, own: Any) -> BaseModel:
    if driver is None:
        return Nothing()
    model = driver.load_options()
    try:
        if own is not None:
            return model.model_validate(own)
        kinds.faults.append(Fault(key_path(loc), "missing"))
    except ValidationError as error:
        beside = own_keys(Store) if loc[0] == "stores" else ()
        kinds.faults += (_higher(fault, kinds.above) for fault in explain(error, model, loc, beside))
    return Nothing()


def _higher(fault: Fault, above: tuple[str, ...]) -> Fault:
    """A key that is near none of its table may be one that stands at the top of the file."""
    near = did_you_mean(fault.key.rpartition(".")[2], above) if fault.text == UNKNOWN else ""
    return replace(fault, text=f"{UNKNOWN}{near.removesuffix('?')} at the top of the file?") if near else fault
