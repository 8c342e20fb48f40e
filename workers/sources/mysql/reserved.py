"""Names of databases that are kept for trials: no target may have one, and nothing else is ever dropped by them. Floor: tools."""

import re

from workers.errors import Permanent

PREFIX = "canvasback_verify_"
_NAME = re.compile(rf"{PREFIX}([0-9a-f]{{8}})")


def name(run: str) -> str:
    """The database of a trial of this run. Permanent for what is no run's id."""
    found = f"{PREFIX}{run}"
    if not _NAME.fullmatch(found):
        raise Permanent(f"{run!r} is no run, so no trial can be named after it")
    return found


def is_reserved(database: str) -> bool:
    """Whether a name is kept for trials, in whatever case a server may compare it."""
    return database.casefold().startswith(PREFIX)


def run_of(database: str) -> str | None:
    """The run whose trial a database was made for; None for every other database."""
    found = _NAME.fullmatch(database)
    return found[1] if found else None
