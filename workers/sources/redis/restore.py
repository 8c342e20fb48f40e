"""The way back: parts are put together, a scratch server proves them, then the place gets them. Floor: tools.

Nothing at the place is touched before the whole backup was loaded and counted elsewhere.
"""

from collections.abc import Iterable
from pathlib import Path

from workers.artifact import Order, Outcome, Segment
from workers.sources.redis import home, promote, replay, stopped
from workers.sources.redis.aof import LIVE, METHOD
from workers.sources.redis.place import Spot, fits, spot
from workers.sources.redis.proof import counts, proven
from workers.sources.redis.scratch import RDB, Wish, scratch
from workers.sources.redis.session import Server


def prepare(server: Server, order: Order, head: Iterable[tuple[Segment, Path]]) -> None:
    """Prove that the place and this host fit, and make a folder for the parts."""
    fits(server, order)
    home.make(server.options, order, head)


def load(server: Server, order: Order, segment: Segment, plain: Path) -> None:
    """Keep one part of the RDB."""
    home.keep(home.home(server.options, order), segment, plain)


def finish(server: Server, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
    """Put the RDB together, prove it, bring it to its place, count. May be called again."""
    folder = home.home(server.options, order)
    if (before := home.done(folder)) is not None:
        return before  # the process was lost before it could say so
    if dict(order.facts.extras).get("method") == METHOD:
        home.files(folder, rest)
        replay.replayed(server.options, folder, _databases(order))
    else:
        home.whole(folder, order, rest)
    found = spot(server, order.into)
    outcome = _live(server, order, found, folder) if found.server else _file(server, order, folder, found)
    home.close(folder, outcome)
    return outcome


def _databases(order: Order) -> int:
    return int(dict(order.facts.extras).get("databases", 16))


def _name(order: Order) -> str:
    return f"backup {order.backup}"


def _live(server: Server, order: Order, found: Spot, folder: Path) -> Outcome:
    if found.name == LIVE and server.options.restore == "files":
        return _by_files(server, order, folder)
    assert found.server is not None  # asked by the caller
    wish = promote.wish(found.server, folder, _databases(order))
    with scratch(wish) as master:
        warnings = proven(_name(order), order.facts.counts, master.state)
        keys = promote.follow(found.server, master, wish)
    return Outcome(counts(order.facts.counts, keys), warnings + promote.settle(found.server))


def _by_files(server: Server, order: Order, folder: Path) -> Outcome:
    """Proven by a scratch server first, so that the server stands still for the shortest time."""
    with scratch(Wish(server.options, folder, _databases(order))) as loaded:
        warnings = proven(_name(order), order.facts.counts, loaded.state)
    told = stopped.swap(server, order, folder / RDB, loaded.state)
    return Outcome(counts(order.facts.counts, loaded.state.keyspace), (*warnings, told))


def _file(server: Server, order: Order, folder: Path, found: Spot) -> Outcome:
    assert found.folder is not None  # asked by the caller
    with scratch(Wish(server.options, folder, _databases(order))) as loaded:
        warnings = proven(_name(order), order.facts.counts, loaded.state)
        keys = loaded.state.keyspace
    found.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / RDB).rename(found.folder / RDB)
    return Outcome(counts(order.facts.counts, keys), (*warnings, f"the file is {found.folder / RDB}"))
