"""Client programs that fit the server: chosen by what they print about themselves, never by their name. Floor: tools.

A MariaDB dump does not load in MySQL and the other way round, and on Debian `mysqldump` is MariaDB's.
"""

import re
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from workers import command
from workers.errors import Permanent

_VERSION = re.compile(r"(?:Distrib|from|Ver|MariaDB server) (\d+\.\d+(?:\.\d+)?[^\s,]*)")
_OWN = "3."  # MariaDB's reader of logs has a version of its own, 3.5 for years; MySQL's has that of its server


class Flavour(StrEnum):
    """Whose server or program it is."""

    MYSQL = "mysql"
    MARIADB = "mariadb"


class Program(StrEnum):
    """What a client program is for."""

    DUMP = "dump"
    CLIENT = "client"
    LOGS = "logs"
    BACKUP = "backup"


_NAMES = {
    (Flavour.MYSQL, Program.DUMP): ("mysqldump",),
    (Flavour.MYSQL, Program.CLIENT): ("mysql",),
    (Flavour.MYSQL, Program.LOGS): ("mysqlbinlog",),
    (Flavour.MARIADB, Program.LOGS): ("mariadb-binlog", "mysqlbinlog"),
    (Flavour.MARIADB, Program.DUMP): ("mariadb-dump", "mysqldump"),
    (Flavour.MARIADB, Program.CLIENT): ("mariadb", "mysql"),
    (Flavour.MARIADB, Program.BACKUP): ("mariadb-backup", "mariabackup"),
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A client program: where it is, whose it is, and its version."""

    path: Path
    flavour: Flavour
    version: str


def find(program: Program, flavour: Flavour, folder: Path | None) -> Tool:
    """The program of this flavour in `folder` (PATH where None). Permanent where there is none, or only the other flavour's."""
    where = str(folder) if folder is not None else None
    paths = [path for name in _NAMES[flavour, program] if (path := shutil.which(name, path=where))]
    found = [examine(Path(path)) for path in paths]
    if fitting := [tool for tool in found if tool.flavour is flavour]:
        return fitting[0]
    place = f"in {folder}" if folder is not None else "on PATH"
    if found:
        raise Permanent(
            f"the server is {flavour}, but {found[0].path} is {found[0].flavour} {found[0].version}: "
            f"they cannot be mixed; install the {flavour} client and name its folder in `tools`"
        )
    raise Permanent(f"no {' or '.join(_NAMES[flavour, program])} {place}; install the {flavour} client or name its folder in `tools`")


def examine(path: Path) -> Tool:
    """What a program says of itself under `--version`. Permanent where it cannot be run or says something else."""
    done = command.run([path, "--version"])
    text = (done.stdout or done.stderr).decode(errors="replace").strip()  # mariadb-backup says it on stderr
    versions = _VERSION.findall(text)
    if done.returncode or not versions:
        raise Permanent(f"{path} --version says {text[:120]!r}: not a client of MySQL or MariaDB")
    maria = "mariadb" in text.lower() or versions[-1].startswith(_OWN)
    return Tool(path, Flavour.MARIADB if maria else Flavour.MYSQL, versions[-1])
