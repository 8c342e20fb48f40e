"""`python -m workers.settings`: the resolved settings without a secret in them, or everything that is wrong. Floor: words."""

import argparse
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from workers.errors import Refused
from workers.plans import Store, Target
from workers.plans.values import Says, duration_text, size_text
from workers.settings import Settings, document, load, reference, secrets

Line = tuple[str, str]


def main(arguments: list[str]) -> int:
    """Print the settings; 2 where they are refused. `--host` asks for the secrets of that host too, `--reference` writes the page."""
    parser = argparse.ArgumentParser(prog="python -m workers.settings", description="Print the resolved settings, or all that is wrong.")
    parser.add_argument("--host", help="also ask that the secrets this host needs are there")
    parser.add_argument("--reference", nargs="?", type=Path, const=reference.PAGE, metavar="FILE", help=f"write {reference.PAGE} instead")
    asked = parser.parse_args(arguments)
    if asked.reference:
        asked.reference.parent.mkdir(parents=True, exist_ok=True)
        asked.reference.write_text(reference.page(Settings), encoding="utf-8")
        return 0
    try:
        settings = load(host=asked.host)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    print(report(settings))
    return 0


def report(settings: Settings) -> str:
    """Every key with its value, then every secret's file and whether it is there."""
    lines = [*_model(settings, ""), *_secrets(settings)]
    width = max(len(key) for key, _ in lines)
    return "\n".join([f"{document.named(None)}: no faults", *(f"  {key:<{width}}   {value}" for key, value in lines)])


def _model(model: BaseModel, prefix: str) -> Iterator[Line]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name == "options" and isinstance(model, Store):
            yield from _model(value, prefix)
        elif name == "options" and isinstance(model, Target):
            yield from _model(value, f"{prefix}{model.source}.")
        elif Says("size") in field.metadata:
            yield prefix + name, size_text(value)
        else:
            yield from _value(prefix + name, value)


def _value(key: str, value: Any) -> Iterator[Line]:
    if isinstance(value, BaseModel):
        yield from _model(value, f"{key}.")
    elif isinstance(value, dict):
        for name, row in value.items():
            yield from _value(f"{key}.{name}", row)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for number, row in enumerate(value, 1):
            yield from _value(f"{key}[{number}]", row)
    else:
        yield key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _secrets(settings: Settings) -> Iterator[Line]:
    """One line for each file; `load` has looked at those that are there."""
    for secret in secrets.expected(document.resolved(document.named(None), Settings)):
        path = settings.secrets_dir / secret.name
        need = f"needed on {', '.join(secret.hosts)}" if secret.hosts else "optional"
        yield f"secret {secret.name}", f"file {path}, {'set' if path.exists() else f'missing, {need}'} ({secret.use})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
