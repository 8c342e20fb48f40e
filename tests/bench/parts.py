"""The parts of one run of `make bench`, each in a process of its own: one for each database, and two without."""

import tempfile
from pathlib import Path

from tests.bench import share
from tests.bench.asked import Asked
from tests.bench.cases import ALONE, DATABASE, FOLDER, NAMES, OTHERS
from tests.bench.folder import folder
from tests.bench.pairs import Row
from tests.bench.stage import stage
from tests.bench.table import lines


def of_database(wish: Asked, flavour: str) -> dict[str, Row]:
    """The cases about a database; those of MariaDB have its name behind theirs."""
    wanted = [name for name in wish.cases if name in DATABASE]
    if not wanted:
        return {}
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder, stage(Path(folder), flavour, wish.scale, wish.rounds) as here:
        return {named: told(named, DATABASE[name](here)) for name in wanted for named in (word(name, flavour),)}


def of_another(wish: Asked, name: str) -> dict[str, Row]:
    """One case about another source."""
    return {name: told(name, OTHERS[name](wish.rounds))}


def of_itself(wish: Asked, cpu_of_byte: float) -> dict[str, Row]:
    """The cases that need no database; what their cost makes of a backup of 10 GB, each byte of which costs so many CPU seconds."""
    found = {}
    for name in wish.cases:
        if name in ALONE:
            row = ALONE[name](wish.rounds, wish.segments)
            found[name] = told(name, row | share.row(row["ours"], cpu_of_byte))
    return found


def of_folder(wish: Asked) -> dict[str, Row]:
    """The cases about a folder."""
    wanted = [name for name in wish.cases if name in FOLDER]
    found = {}
    if wanted:
        with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as root, folder(Path(root), wish.size, wish.rounds) as here:
            found = {name: told(name, FOLDER[name](here)) for name in wanted}
    return found | {name: told(name, NAMES[name](wish.names)) for name in wish.cases if name in NAMES}


def word(name: str, flavour: str) -> str:
    """How a case is called in the file."""
    return name if flavour == "mysql" else f"{name}@{flavour}"


def told(name: str, row: Row) -> Row:
    """Print a row as soon as it is there."""
    print(lines(name, row), flush=True)
    return row
