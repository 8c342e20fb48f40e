"""Where a restore goes: a database by name. Everything is looked at before anything is changed. Floor: tools."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pymysql

from workers.artifact import Order
from workers.errors import Permanent, Refused
from workers.ports import Place
from workers.sources.mysql.faults import UNKNOWN_DATABASE, Moment, number, quoted, told
from workers.sources.mysql.reserved import PREFIX, is_reserved
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour

LOADED = "_canvasback_loaded"  # a table of the restored database, there from its first statement to its last; see `client`
SYSTEM = frozenset({"mysql", "sys", "information_schema", "performance_schema"})
_NAME = re.compile(r"(?!#mysql50#)[^/\\.\x00-\x1f\x7f\U00010000-\U0010ffff]{1,64}(?<! )")
_LONGEST_STEM = 64 - len("_canvasback_new")
_HOLDS = (
    "SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s)"
    " + (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = %s)"
    " + (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = %s)"
)
_SIZE = (
    "SELECT COALESCE(SUM(table_rows), 0), COALESCE(SUM(data_length + index_length), 0)"
    " FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
)


def place(server: Server, into: str) -> Place:
    """What stands in the database `into` now; rows and bytes are the server's estimates. Refused for a name no restore may use."""
    if not _NAME.fullmatch(into) or into.lower() in SYSTEM:
        raise Refused(f"{into!r} cannot be the name of a restored database; give another with into=…")
    with told(Moment(server.options, f"looking at {into}")), closing(server.connect()) as session:
        if not rows(session, "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (into,)):
            return Place(into, exists=False, empty=True)
        if server.flavour is Flavour.MYSQL:  # it would answer with estimates of up to a day ago
            rows(session, "SET SESSION information_schema_stats_expiry = 0")
        ((holds,),) = rows(session, _HOLDS, (into, into, into))
        ((count, size),) = rows(session, _SIZE, (into,))
    return Place(into, exists=True, empty=not holds, rows=int(count), bytes=int(size))


def kept(into: str) -> str:
    """Why no restore may use a name that is kept for trials."""
    return f"{into!r} begins with {PREFIX}, and what has such a name is dropped without being asked; give another with into=…"


def work(order: Order) -> str:
    """The database that is loaded: the place itself, or one beside it, from which single tables then go over into the live one."""
    return beside(order, "new") if is_beside(order) else order.into


def is_beside(order: Order) -> bool:
    """Whether single tables of a live database are to be replaced: everything else in it stays as it is."""
    return bool(order.objects and order.confirm)


def beside(order: Order, what: str) -> str:
    """The name of a database of this restore's own; `what` is `new`, or `old` for the tables that were replaced."""
    return f"{order.into[:_LONGEST_STEM]}_canvasback_{what}"


def fits(server: Server, order: Order) -> Place:
    """The place, proven fit for this backup. Refused, in words that say what would work, where it is not; changes nothing."""
    if is_reserved(order.into) and not order.scratch:
        raise Refused(kept(order.into))
    if order.scratch and order.into == order.original:
        raise Refused(
            f'"{order.into}" is the database itself: no replica and no later point in time would know what a trial loads into it; '
            f"into another name: into={order.into + '_trial'!r}"
        )
    _reads(server, order)
    _keeps_names(server, order)
    there = place(server, order.into)
    # `confirm` names the target, so it speaks of the target's own database and of no other, not even of one with the target's name.
    if not there.empty and not (order.confirm and order.into == order.original):
        raise Refused(_standing(server, order, there))
    if is_beside(order):
        _leaves_room(server, order, there)
    return there


def make(server: Server, order: Order) -> bool:
    """Make the database that is loaded, dropping first what a confirmed one holds; whether it is this call's own and new.

    Nothing is dropped where single tables are to be replaced.
    """
    there, name = fits(server, order), work(order)
    if there.exists and there.empty and name == order.into:
        return False
    with told(Moment(server.options, f"making {name}", running=True)), closing(server.connect()) as session:
        if there.exists and name == order.into:
            rows(session, f"DROP DATABASE {quoted(name)}")
        rows(session, f"CREATE DATABASE {quoted(name)}")  # its character set is the first definition of the schema
    return True


def drop(server: Server, into: str) -> None:
    """Drop a database that this run has made."""
    with told(Moment(server.options, f"dropping {into}", running=True)), closing(server.connect()) as session:
        rows(session, f"DROP DATABASE {quoted(into)}")


@contextmanager
def inside(server: Server, into: str, doing: str, *, running: bool = False) -> Iterator[Session]:
    """A session in the restored database, whose errors are told with what was being done; `running`: see Moment."""
    with told(Moment(server.options, f"{doing} {into}", running=running)), closing(server.connect()) as session:
        try:
            rows(session, f"USE {quoted(into)}")
        except pymysql.MySQLError as error:
            if number(error) not in UNKNOWN_DATABASE:
                raise
            raise Permanent(f"{doing} {into}: there is no such database on {server.options.address} any more") from error
        yield session


def version(text: str) -> tuple[int, ...]:
    """Major and minor number: `10.11.19-MariaDB` → (10, 11)."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _reads(server: Server, order: Order) -> None:
    facts = order.facts
    if facts.flavour != server.flavour:
        raise Refused(
            f"backup {order.backup} is of {facts.flavour} {facts.version}, the server at {server.options.address} is {server.flavour}"
            f" {server.version}: neither reads the other's dumps; restore it on a {facts.flavour} server"
        )
    if version(server.version) < version(facts.version):
        raise Refused(
            f"backup {order.backup} is of {facts.flavour} {facts.version}, newer than the server at {server.options.address}"
            f" ({server.version}); restore it on {facts.version} or later"
        )


def _keeps_names(server: Server, order: Order) -> None:
    """Refused where the server would turn the tables' names into lower case."""
    odd = [count.name for count in order.facts.counts if count.name != count.name.lower()]
    with told(Moment(server.options, "reading lower_case_table_names")), closing(server.connect()) as session:
        here = str(value(session, "SELECT @@lower_case_table_names"))
    if odd and here != dict(order.facts.extras).get("lower_case_table_names", here):
        raise Refused(
            f"the server at {server.options.address} has lower_case_table_names = {here}, backup {order.backup} is of one with another"
            f" value, and table {odd[0]} would not keep its name; restore it on a server with the same value"
        )


def _leaves_room(server: Server, order: Order, there: Place) -> None:
    """Refused where there is nothing to put tables into, or something stands where they are made."""
    if not there.exists:
        raise Refused(f'there is no database "{order.into}" on {server.options.address} to put tables into; leave out confirm to make it')
    for name in (beside(order, "new"), beside(order, "old")):
        if place(server, name).exists:
            raise Refused(f'"{name}" is left of a restore that did not end; where nobody needs it: DROP DATABASE {quoted(name)};')


def _standing(server: Server, order: Order, there: Place) -> str:
    with told(Moment(server.options, f"looking at {order.into}")), closing(server.connect()) as session:
        mark = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s"
        unfinished = rows(session, mark, (order.into, LOADED))
    words = f'"{order.into}" exists on {server.options.address} and holds about {there.rows:,} rows'
    if unfinished:
        words += f", left by a restore that did not end; where nobody needs it: DROP DATABASE {quoted(order.into)};"
    elif order.into == order.original:
        words += "; over it: confirm with the name of the target"
    return f"{words}; into a new name: into={order.into + '_restored'!r}"
