"""restic's program: where it is, and whether it is new enough. Floor: tools."""

import re
import shutil
from functools import lru_cache
from pathlib import Path

from workers import command
from workers.errors import Refused
from workers.sources.restic.options import ResticOptions

OLDEST = (0, 17)  # the first whose exit status tells a wrong password, a lock and a missing repository apart (its changelog)
_VERSION = re.compile(rb"restic (\d+)\.(\d+)(?:\.\d+)?")


def find(options: ResticOptions) -> Path | None:
    """The program in the options' folder, else in PATH; None where there is none."""
    found = shutil.which("restic", path=str(options.tools) if options.tools else None)
    return Path(found) if found else None


def program(options: ResticOptions) -> Path:
    """The program. Refused where there is none, or where it is too old."""
    found = find(options)
    if found is None:
        where = str(options.tools) if options.tools else "PATH"
        raise Refused(f"no restic in {where}: install it on this host, or name its folder in `tools` of this target")
    said = version(found)
    if fault := too_old(said):
        raise Refused(f"{found}: {fault}")
    return found


def version(found: Path) -> str:
    """What it says it is: `0.19.1`; "" where it says nothing of the kind. It is asked once, until its file changes."""
    return _said(found, found.stat().st_mtime_ns)


@lru_cache
def _said(found: Path, changed: int) -> str:
    said = _VERSION.search(command.run([found, "version"]).stdout)
    return said[0].decode().removeprefix("restic ") if said else ""


def too_old(said: str) -> str:
    """Why a version is of no use, "" where it is new enough."""
    if said and tuple(int(part) for part in said.split(".")[:2]) >= OLDEST:
        return ""
    wanted = ".".join(map(str, OLDEST))
    return f"restic {said or 'of unknown version'} is too old: install {wanted} or later, or name its folder in `tools` of this target"
