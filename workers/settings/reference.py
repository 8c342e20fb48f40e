"""The reference page of all settings, made from the models that read them. Floor: words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from workers.plans import Store, Target
from workers.plans.values import Says
from workers.settings.faults import bare
from workers.settings.kinds import SOURCES, STORES, drivers

PAGE = Path("docs/reference/settings.md")
_TYPES: dict[Any, str] = {str: "text", int: "whole number", bool: "true or false", Path: "path"}
_ROWS = {"hosts": "a machine", "stores": "a place", "plans": "a plan", "targets": "a target", "services": "a service"}
_HEAD = """# Settings

Made by `python -m workers.settings --reference` from the models in `workers/settings` and `workers/plans`; edit those, not this page.

One TOML file holds everything that an operator decides. `CANVASBACK_CONFIG` names it; without that it is `canvasback.toml` in the folder
where a program starts. An environment variable goes over a key of the file: `CANVASBACK_`, then the key path in capitals with `__` for
each dot, for example `CANVASBACK_BROKER__URL`; lists and tables are written in JSON.
`python -m workers.settings` prints what came of it, or everything that is wrong at once.

- **name**: a-z, 0-9, `_` and `-`, beginning with a letter or digit, 63 characters at most.
- **size**: a number and `B`, `KiB`, `MiB`, `GiB` or `TiB`. **duration**: numbers with `w`, `d`, `h`, `m` or `s`, such as `"1h30m"`.
- **default**: `–` where a key may be left out and nothing stands in its place.

## Secrets

The file holds none. Each is a file of mode 0600 in `secrets_dir`, named like the key that needs it:

| file | use | needed |
|---|---|---|
| `broker_user`, `broker_password` | login at the broker | optional |
| `age_identity` | opens encrypted backups in a restore | on hosts that restore them |
| `alerts_slack_webhook` | address of the Slack channel | on control, with `[alerts.slack]` |
"""


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the page."""

    path: str
    type: str
    default: str
    description: str
    example: str


def page(settings: type[BaseSettings]) -> str:
    """The whole page in Markdown."""
    parts = [_HEAD.rstrip("\n"), *_secrets(), "", "## Top level", "", *_table(_top(settings))]
    for section, field in settings.model_fields.items():
        model = _model(field)
        if model:
            row = section in _ROWS
            title = f"[{section}.<name>]" if row else f"[{section}]"
            parts += ["", f"## `{title}`", "", _summary(model), "", *_table(keys(model))]
        parts += _driver_tables(section)
    return "\n".join(parts) + "\n"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """Every key of a table, those of the tables inside it after each."""
    for name, field in model.model_fields.items():
        if name == "options" and model in (Store, Target):
            continue
        example = _toml(field.examples[0]) if field.examples else ""
        yield Key(prefix + name, _type(field), _default(field), field.description or "", example)
        inner = _model(field)
        if inner:
            yield from keys(inner, f"{prefix}{name}.")


def _secrets() -> Iterator[str]:
    for name, driver in drivers(STORES).items():
        if driver.login:
            files = ", ".join(f"`stores_<name>_{word}`" for word in driver.login)
            yield f"| {files} | login of a store of kind `{name}` | optional; without them, as its client finds its way |"
    for name, driver in drivers(SOURCES).items():
        if driver.secret:
            needed = "on the target's host" + (f", unless `{driver.secret_unless}` is given" if driver.secret_unless else "")
            yield f"| `targets_<name>_{name}_{driver.secret}` | login of a target with source `{name}` | {needed} |"


def _driver_tables(section: str) -> Iterator[str]:
    for table, own, title in (
        (STORES, "stores", '## `[stores.<name>]` with `kind = "{0}"`'),
        (SOURCES, "targets", "## `[targets.<name>.{0}]`"),
    ):
        for name, driver in drivers(table).items() if section == own else ():
            model = driver.load_options()
            yield from ("", title.format(name), "", _summary(model), "", *_table(keys(model)))


def _top(settings: type[BaseSettings]) -> Iterator[Key]:
    return (key for key in keys(settings) if key.path in settings.model_fields and not _model(settings.model_fields[key.path]))


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _table(found: Iterator[Key]) -> Iterator[str]:
    yield "| key | type | default | what it says | example |"
    yield "|---|---|---|---|---|"
    for key in found:
        cells = (f"`{key.path}`", key.type, key.default, key.description, f"`{key.example}`" if key.example else "")
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |".replace("|  |", "| |")


def _model(field: FieldInfo) -> type[BaseModel] | None:
    """The table, or the table of each entry, that a key holds."""
    inner = bare(field.annotation)
    if get_args(inner) and get_origin(inner) is not Literal:
        inner = bare(get_args(inner)[-1 if get_origin(inner) is dict else 0])
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _type(field: FieldInfo) -> str:
    says = [note.type for note in field.metadata if isinstance(note, Says)]
    return (says[0] if says else _words(field.annotation)) + _limits(field)


def _limits(field: FieldInfo) -> str:
    least, most = ([getattr(note, side) for note in field.metadata if hasattr(note, side)] for side in ("ge", "le"))
    if least and most:
        return f", {least[0]} to {most[0]}"
    return f", {least[0]} or more" if least else ""


def _words(annotation: Any) -> str:
    says = [note.type for note in getattr(annotation, "__metadata__", ()) if isinstance(note, Says)]
    arguments = [argument for argument in get_args(annotation) if argument not in (NoneType, Ellipsis)]
    if says:
        return says[0]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{_toml(word)}`" for word in arguments)
    if get_origin(annotation) in (tuple, list):
        return f"list of {_words(arguments[0])}"
    return _words(arguments[0]) if arguments else _TYPES.get(annotation, "table")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    empty = field.default is None or isinstance(field.default, BaseModel)
    return "–" if empty or field.default_factory else f"`{_toml(field.default)}`"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
