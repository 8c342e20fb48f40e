"""Everything that is wrong with the settings, told at once: each fault with its key path and what would be right. Floor: words."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workers.errors import Refused
from workers.plans.values import did_you_mean

Loc = tuple[int | str, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TABLE, _LIST, _TEXT = "should be a table", "should be a list", "should be text in quotes"
UNKNOWN = "unknown key"
_NUMBER, _SWITCH = "should be a whole number", "should be true or false"
_SENTENCES = {
    "missing": "missing",
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "dict_type": _TABLE,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_type": _TEXT,
    "path_type": _TEXT,
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "bool_type": _SWITCH,
    "bool_parsing": _SWITCH,
    "too_short": "should not be empty",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `key` is a key path, the name of an environment variable, or a file."""

    key: str
    text: str


def refuse(name: str, faults: Iterable[Fault]) -> Refused:
    """The refusal that lists every fault of the file `name`, ordered by key."""
    found = sorted(set(faults), key=lambda fault: (fault.key, fault.text))
    width = max(len(fault.key) for fault in found)
    head = f"{name}: {len(found)} fault{'s' if len(found) > 1 else ''}"
    return Refused("\n".join([head, *(f"  {fault.key:<{width}}   {fault.text}" for fault in found)]))


def key_path(loc: Loc) -> str:
    """`targets.community.host`; what TOML would have to quote is quoted, places in a list count from 1."""
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{_quoted(part)}" for part in loc)
    return words.removeprefix(".") or "(file)"


def _quoted(part: str) -> str:
    return part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False)


def explain(error: ValidationError, model: type[BaseModel], prefix: Loc = (), beside: tuple[str, ...] = ()) -> Iterator[Fault]:
    """The faults that pydantic found in `model`, which stands at `prefix` in the file; `beside` are keys known there besides its own."""
    for detail in error.errors(include_url=False, include_input=True):
        loc = tuple(part for part in detail["loc"] if part != "[key]")
        yield Fault(key_path((*prefix, *loc)), _sentence(detail, (*keys_at(model, loc[:-1]), *beside)))


def _sentence(detail: ErrorDetails, known: tuple[str, ...]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return f"{UNKNOWN}{did_you_mean(str(detail['loc'][-1]), known)}"
    if kind == "literal_error":
        return _choice(detail["input"], context["expected"])
    return _SENTENCES.get(kind) or detail["msg"].replace("Input should", "should", 1)


def _choice(given: Any, expected: str) -> str:
    near = did_you_mean(given, tuple(re.findall(r"'([^']+)'", expected))) if isinstance(given, str) else ""
    return f"should be {expected}".replace("'", '"') + near


def keys_at(model: type[BaseModel], loc: Loc) -> tuple[str, ...]:
    """The keys that `model` knows at a place inside it; none where that place is no table."""
    here: Any = model
    for part in loc:
        here = _below(here, part)
    return tuple(here.model_fields) if _is_model(here) else ()


def _below(here: Any, part: int | str) -> Any:
    if _is_model(here):
        field = here.model_fields.get(str(part))
        return bare(field.annotation) if field else None
    return bare(get_args(here)[-1 if get_origin(here) is dict else 0]) if get_args(here) else None


def bare(annotation: Any) -> Any:
    """A type without `| None` and without the notes of `Annotated`."""
    while get_origin(annotation) in (Union, UnionType) or hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    return annotation


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def rows(document: Mapping[str, Any], section: str) -> dict[str, dict[str, Any]]:
    """The tables below a section that are tables; whatever else stands there is told by its type."""
    found = document.get(section)
    return {name: row for name, row in found.items() if isinstance(row, dict)} if isinstance(found, dict) else {}


def words(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The strings of a list in a row; one string counts as a list of one."""
    found = row.get(key)
    return tuple(word for word in (found if isinstance(found, list) else [found]) if isinstance(word, str))
