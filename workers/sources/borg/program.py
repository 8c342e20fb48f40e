"""BorgBackup's program: where it is, and whether it is of a version that is known here. Floor: tools."""

import re
import shutil
from functools import lru_cache
from pathlib import Path

from workers import command
from workers.errors import Refused
from workers.sources.borg.options import BorgOptions

OLDEST, NEWEST = (1, 2), (1, 4)  # 2 has other commands and another repository
_VERSION = re.compile(rb"borg (\d+\.\d+\.\d+)")


def find(options: BorgOptions) -> Path | None:
    """The program in the options' folder, else in PATH; None where there is none."""
    found = shutil.which("borg", path=str(options.tools) if options.tools else None)
    return Path(found) if found else None


def program(options: BorgOptions) -> Path:
    """The program. Refused where there is none, or where its version is not known here."""
    found = find(options)
    if found is None:
        where = str(options.tools) if options.tools else "PATH"
        raise Refused(f"no borg in {where}: install BorgBackup on this host, or name its folder in `tools` of this target")
    if fault := unfit(version(found)):
        raise Refused(f"{found}: {fault}")
    return found


def version(found: Path) -> str:
    """What it says it is: `1.2.4`; "" where it says nothing of the kind. It is asked once, until its file changes."""
    return _said(found, found.stat().st_mtime_ns)


@lru_cache
def _said(found: Path, changed: int) -> str:
    said = _VERSION.search(command.run([found, "--version"]).stdout)
    return said[1].decode() if said else ""


def unfit(said: str) -> str:
    """Why a version is of no use, "" where it is."""
    if said and OLDEST <= tuple(int(part) for part in said.split(".")[:2]) <= NEWEST:
        return ""
    return f"BorgBackup {said or 'of unknown version'} is not known here: install 1.2 or 1.4, or name its folder in `tools` of this target"
