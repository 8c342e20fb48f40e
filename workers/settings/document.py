"""The settings as they were written: the file, and the environment over it. Nothing is judged here but its syntax. Floor: words."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource

from workers.errors import Refused
from workers.plans.values import did_you_mean
from workers.settings.faults import Fault, refuse

VARIABLE = "CANVASBACK_CONFIG"
PREFIX, DELIMITER = "CANVASBACK_", "__"
DEFAULT = "canvasback.toml"


def named(path: Path | None) -> Path:
    """The settings file: the one given, else the one that `CANVASBACK_CONFIG` names, else `canvasback.toml`."""
    return path or Path(os.environ.get(VARIABLE) or DEFAULT)


def read(path: Path) -> dict[str, Any]:
    """The tables of the file. Refused where there is no file, or where it is no TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        raise Refused(f"no settings file {path}; name it in {VARIABLE}, or start where {DEFAULT} lies") from None
    except OSError as error:
        raise Refused(f"the settings file {path} cannot be read: {error.strerror} ({VARIABLE} names it)") from error
    except UnicodeDecodeError as error:
        raise refuse(str(path), [Fault(f"byte {error.start + 1}", "not UTF-8, which TOML has to be")]) from error
    except tomllib.TOMLDecodeError as error:
        raise refuse(str(path), [_syntax(str(error))]) from error


def _syntax(words: str) -> Fault:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", words, re.DOTALL)
    if not found:
        return Fault("(file)", f"not TOML: {words}")
    return Fault(f"line {found[2]}, column {found[3]}" if found[2] else "end of file", f"not TOML: {found[1]}")


class _Environment(EnvSettingsSource):
    """Variables as pydantic-settings reads them; what is no JSON stays a string, so that its fault is told with the others."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def resolved(path: Path, model: type[BaseSettings]) -> dict[str, Any]:
    """The file's tables with the environment over them."""
    return over(read(path), environment(model))


def environment(model: type[BaseSettings]) -> dict[str, Any]:
    """The tables that the environment gives, for example `CANVASBACK_BROKER__URL`."""
    return _Environment(model, env_prefix=PREFIX, env_nested_delimiter=DELIMITER)()


def unknown_variables(model: type[BaseSettings]) -> Iterator[Fault]:
    """Variables that look meant for the settings and name no section of them."""
    known = tuple(model.model_fields)
    for name in os.environ:
        section = name.removeprefix(PREFIX).partition(DELIMITER)[0].lower()
        if not name.startswith(PREFIX) or name == VARIABLE or section in known:
            continue
        near = did_you_mean(section, known)
        if DELIMITER in name or near:
            yield Fault(name, f"unknown section{near} (environment)")


def over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, table by table."""
    merged = dict(below)
    for key, value in above.items():
        lower = merged.get(key)
        merged[key] = over(lower, value) if isinstance(lower, dict) and isinstance(value, dict) else value
    return merged
