"""What a restored database holds, looked at after the load: rows of every table, definitions, foreign keys. Floor: tools."""

import re
from collections.abc import Collection, Iterable

import pymysql

from workers.artifact import Count, Order
from workers.errors import Permanent
from workers.sources.mysql.faults import number, quoted
from workers.sources.mysql.hands import Work, each
from workers.sources.mysql.place import inside, version, work
from workers.sources.mysql.script import Definition
from workers.sources.mysql.session import Server, Session, rows, value

_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_NO_PARENT = frozenset({1049, 1146})
_KEYS = (
    "SELECT constraint_name, table_name, referenced_table_schema, referenced_table_name, column_name, referenced_column_name"
    " FROM information_schema.key_column_usage WHERE table_schema = %s AND referenced_table_name IS NOT NULL"
    " ORDER BY table_name, constraint_name, ordinal_position"
)


def counts(server: Server, into: str, tables: Iterable[Definition]) -> tuple[Count, ...]:
    """Rows of every table, counted."""

    def count(session: Session, table: Definition) -> Count:
        return Count(table.name, int(value(session, f"SELECT COUNT(*) FROM {quoted(table.name)}")))

    return tuple(each(Work(server, into, "counting"), count, list(tables)))


def definitions(server: Server, order: Order, tables: Iterable[Definition]) -> tuple[str, ...]:
    """Permanent, naming the tables, where one is not defined as it was. A warning on a newer server: it may print the same otherwise."""

    def differs(session: Session, table: Definition) -> str:
        found = str(rows(session, f"SHOW CREATE TABLE {quoted(table.name)}")[0][1])
        return "" if _COUNTER.sub("", found) == _COUNTER.sub("", table.sql) else table.name

    wrong = [name for name in each(Work(server, work(order), "comparing"), differs, list(tables)) if name]
    if wrong and version(server.version) == version(order.facts.version):
        raise Permanent(f"restored, but not defined as in the backup: {', '.join(wrong[:10])}")
    return tuple(f"table {name}: {server.flavour} {server.version} prints its definition otherwise; compare it" for name in wrong)


def orphans(server: Server, into: str, only: Collection[str] = ()) -> tuple[str, ...]:
    """A warning for each foreign key with rows that point nowhere: no load checks them, and the source may have had them, too.

    `only`: of these tables, and to them.
    """
    with inside(server, into, "reading foreign keys of") as session:
        keys: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for name, table, schema, parent, column, far in rows(session, _KEYS, (into,)):
            if not only or table in only or (schema == into and parent in only):
                keys.setdefault((name, table, schema, parent), []).append((column, far))

    def check(session: Session, key: tuple[tuple[str, ...], list[tuple[str, str]]]) -> str:
        (name, table, schema, parent), columns = key
        on = " AND ".join(f"p.{quoted(far)} = c.{quoted(near)}" for near, far in columns)
        set_ = " AND ".join(f"c.{quoted(near)} IS NOT NULL" for near, _ in columns)
        lost = f"NOT EXISTS (SELECT 1 FROM {quoted(schema)}.{quoted(parent)} p WHERE {on})"
        try:
            found = int(value(session, f"SELECT COUNT(*) FROM {quoted(table)} c WHERE {set_} AND {lost}"))
        except pymysql.MySQLError as error:
            if number(error) not in _NO_PARENT:
                raise
            return f"foreign key {name}: {table} points to {schema}.{parent}, which is not on this server"
        return f"foreign key {name}: {found:,} rows of {table} point to no row of {parent}" if found else ""

    return tuple(words for words in each(Work(server, into, "looking at foreign keys of"), check, list(keys.items())) if words)
