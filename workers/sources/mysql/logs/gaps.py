"""Which of a server's closed logs come next, and what is missing before them. Floor: tools. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from workers.artifact import Position
from workers.ports import Past
from workers.sources.mysql.logs.gtid import Gtids, parse
from workers.sources.mysql.logs.position import after, number
from workers.sources.mysql.logs.server import Listed

ANEW = "make a new full backup, with which a new window begins"


@dataclass(frozen=True, slots=True)
class Due:
    """The logs to fetch, in order, and what is missing before the first, "" where nothing is."""

    logs: tuple[Listed, ...]
    gap: str = ""


def due(closed: tuple[Listed, ...], past: Past, head: Callable[[str], Gtids]) -> Due:
    """The closed logs that the chain does not have yet. `head` tells which transactions were executed before a log.

    After a reset all of them are due, since none is what it was.
    """
    shipped = past.shipped
    if shipped is None:
        return Due(_since(closed, past.full))
    if reset := _reset(closed, shipped):
        return Due(closed, f"{reset}; {ANEW}")
    later = tuple(log for log in closed if number(log.name) > number(shipped.file))
    first, wanted = later[0].name, after(shipped.file)
    if first != wanted:
        missing = wanted if after(wanted) == first else f"everything from {wanted} up to {first}"
        return Due(later, f"{missing} was purged by the server before it was fetched; {ANEW}")
    if head(first) != parse(shipped.gtid):
        return Due(closed, f"{first} does not go on where {shipped.file} ended, the logs were reset; {ANEW}")
    return Due(later)


def _reset(closed: tuple[Listed, ...], shipped: Position) -> str:
    """Why what was shipped cannot be what the server has now; "" where it can."""
    here, there = _stem(closed[-1].name), _stem(shipped.file)
    if here != there:
        return f"the logs were called {there}.* and are called {here}.* now"
    if number(closed[-1].name) <= number(shipped.file):
        return f"the server has no log after {shipped.file}, the logs were reset"
    if any(log.name == shipped.file and log.bytes != shipped.offset for log in closed):
        return f"{shipped.file} is not the file that was shipped, the logs were reset"
    return ""


def _since(closed: tuple[Listed, ...], full: Position | None) -> tuple[Listed, ...]:
    """Where a chain begins: with the log in which the newest full stands, else with the newest closed one."""
    names = [log.name for log in closed]
    return closed[names.index(full.file) :] if full and full.file in names else closed[-1:]


def _stem(name: str) -> str:
    return name.rpartition(".")[0]
