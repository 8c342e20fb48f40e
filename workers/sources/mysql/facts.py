"""What a dump knows about its moment: server, place, counts. Floor: tools."""

import hashlib
from collections.abc import Iterable

import pymysql

from workers.artifact import Count
from workers.errors import Permanent
from workers.sources.mysql.definitions import Table
from workers.sources.mysql.faults import number, quoted
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour

COUNTED = 5_000_000  # rows of the whole database, by estimate, that are still counted one by one: about 2 s of one core
_MADE_ANEW = 1412
_UNKNOWN_VARIABLE = 1193


def identity(server: Server, session: Session) -> str:
    """What tells this server from others: `server_uuid` on MySQL, on MariaDB `server_uid` (10.6.22, 10.11.12, 11.4.6 and later).

    MariaDB computes it from the machine's network address and the port; older ones have none, so host name, port, server_id and
    data directory are hashed. Either changes when a MariaDB server moves, which begins a new log chain; neither changes when its
    data directory is made anew in the same place.
    """
    if server.flavour is Flavour.MYSQL:
        return str(value(session, "SELECT @@server_uuid"))
    try:
        return str(value(session, "SELECT @@server_uid"))
    except pymysql.MySQLError as error:
        if number(error) != _UNKNOWN_VARIABLE:
            raise
    found = rows(session, "SELECT @@hostname, @@port, @@server_id, @@datadir")[0]
    return hashlib.sha256("\0".join(map(str, found)).encode()).hexdigest()


def counts(reader: Session, tables: Iterable[Table]) -> tuple[Count, ...]:
    """Rows of each table as the snapshot of `reader` has them; the server's estimates where there are more than COUNTED in all.

    Permanent, naming the table, where it was made anew after the snapshot.
    """
    listed = sorted(tables, key=lambda table: table.name)
    if sum(table.rows for table in listed) > COUNTED:
        return tuple(Count(table.name, table.rows, exact=False) for table in listed)
    return tuple(_count(reader, table.name) for table in listed)


def _count(reader: Session, table: str) -> Count:
    try:
        return Count(table, int(value(reader, f"SELECT COUNT(*) FROM {quoted(table)}")))
    except pymysql.MySQLError as error:
        if number(error) != _MADE_ANEW:
            raise
        raise Permanent(f"table {table} was made anew during the dump; run it again when no migration is going on") from error


def extras(session: Session) -> tuple[tuple[str, str], ...]:
    """Properties of the database and server that a restore compares: character set, collation, how table names are stored."""
    names = (("character_set", "@@character_set_database"), ("collation", "@@collation_database"))
    more = (("lower_case_table_names", "@@lower_case_table_names"), ("server_id", "@@server_id"), ("hostname", "@@hostname"))
    return tuple((name, str(value(session, f"SELECT {variable}"))) for name, variable in (*names, *more))
