"""An engine's program: where it is, and whether its version is known here. Floor: tools."""

import re
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workers import command
from workers.errors import Refused
from workers.sources.engine.options import EngineOptions


@dataclass(frozen=True, slots=True)
class Wanted:
    """A program by the name of its file, what `ask` makes it say before its version, and the versions that are known here."""

    name: str
    ask: str
    oldest: tuple[int, int]
    newest: tuple[int, int] | None = None


def program(wanted: Wanted, options: EngineOptions) -> Path:
    """The program in the options' folder, else in PATH. Refused where there is none, or where its version is not known here."""
    found = shutil.which(wanted.name, path=str(options.tools) if options.tools else None)
    if found is None:
        where = str(options.tools) if options.tools else "PATH"
        raise Refused(f"no {wanted.name} in {where}: install it on this host, or name its folder in `tools` of this target")
    if fault := unfit(wanted, version(wanted, Path(found))):
        raise Refused(f"{found}: {fault}")
    return Path(found)


def version(wanted: Wanted, found: Path) -> str:
    """What it says it is: `0.19.1`; "" where it says nothing of the kind. It is asked once, until its file changes."""
    return _said(wanted, found, found.stat().st_mtime_ns)


@lru_cache
def _said(wanted: Wanted, found: Path, changed: int) -> str:
    said = re.search(rf"{wanted.name} (\d+\.\d+\.\d+)", command.run([found, wanted.ask]).stdout.decode(errors="replace"))
    return said[1] if said else ""


def unfit(wanted: Wanted, said: str) -> str:
    """Why a version is of no use, "" where it is."""
    number = tuple(int(part) for part in said.split(".")[:2]) if said else ()
    if number and number >= wanted.oldest and (wanted.newest is None or number <= wanted.newest):
        return ""
    oldest = ".".join(map(str, wanted.oldest))
    fits = f"{oldest} to {'.'.join(map(str, wanted.newest))}" if wanted.newest else f"{oldest} or later"
    return f"{wanted.name} {said or 'of unknown version'} is not known here: install {fits}, or name its folder in `tools` of this target"
