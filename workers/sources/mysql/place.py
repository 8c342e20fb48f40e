"""Where a restore goes: a database by name. Everything is proven before anything is changed. Floor: tools."""

import re
from contextlib import closing

from workers.artifact import Order
from workers.errors import Refused
from workers.ports import Place
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.session import Server, rows

SYSTEM = frozenset({"mysql", "sys", "information_schema", "performance_schema"})
_NAME = re.compile(r"[^/\\.\x00-\x1f\x7f]{1,64}(?<! )")
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
        ((holds,),) = rows(session, _HOLDS, (into, into, into))
        ((count, size),) = rows(session, _SIZE, (into,))
    return Place(into, exists=True, empty=not holds, rows=int(count), bytes=int(size))


def make(server: Server, order: Order) -> None:
    """Make the database, empty, with the character set it had.

    Refused where it holds something, unless it is the very database that was backed up and the restore over it was confirmed.
    """
    there, over = place(server, order.into), bool(order.confirm) and order.into == order.original
    if not there.empty and not over:
        where = f'"{order.into}" exists on {server.options.address}'
        raise Refused(f"{where} and holds about {there.rows:,} rows; give another name with into=…")
    extras = dict(order.facts.extras)
    charset, collation = extras.get("character_set", "utf8mb4"), extras.get("collation")
    like = f"CHARACTER SET {charset}" + (f" COLLATE {collation}" if collation else "")
    with told(Moment(server.options, f"making {order.into}")), closing(server.connect()) as session:
        if not there.empty:
            rows(session, f"DROP DATABASE {quoted(order.into)}")
        rows(session, f"{'ALTER' if there.exists and there.empty else 'CREATE'} DATABASE {quoted(order.into)} {like}")


def fits(server: Server, order: Order) -> None:
    """Refused where the backup is of the other flavour, or of a newer version than this server."""
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


def version(text: str) -> tuple[int, ...]:
    """Major and minor number: `10.11.19-MariaDB` → (10, 11)."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])
