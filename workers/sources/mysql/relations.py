"""Foreign keys of a database, followed row by row, and values that should be there once: no load checks either. Floor: tools."""

from collections.abc import Collection
from dataclasses import dataclass

import pymysql

from workers.sources.mysql.faults import number, quoted
from workers.sources.mysql.place import inside
from workers.sources.mysql.session import Server, Session, rows, value

_NO_PARENT = frozenset({1049, 1146})
_KEYS = (
    "SELECT constraint_name, table_name, referenced_table_schema, referenced_table_name, column_name, referenced_column_name"
    " FROM information_schema.key_column_usage WHERE table_schema = %s AND referenced_table_name IS NOT NULL"
    " ORDER BY table_name, constraint_name, ordinal_position"
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key: `columns` are pairs of a column and the one that it points to, `schema` the database of the parent."""

    name: str
    table: str
    schema: str
    parent: str
    columns: tuple[tuple[str, str], ...]


def relations(server: Server, into: str, only: Collection[str] = ()) -> list[Relation]:
    """Every foreign key of a database; `only`: of these tables, and to them."""
    keys: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    with inside(server, into, "reading foreign keys of") as session:
        for name, table, schema, parent, column, far in rows(session, _KEYS, (into,)):
            if not only or table in only or (schema == into and parent in only):
                keys.setdefault((name, table, schema, parent), []).append((column, far))
    return [Relation(key[0], key[1], key[2], key[3], tuple(columns)) for key, columns in keys.items()]


def orphans(session: Session, key: Relation) -> int | None:
    """How many rows point to no row of the parent; None where the parent is not on this server."""
    on = " AND ".join(f"p.{quoted(far)} = c.{quoted(near)}" for near, far in key.columns)
    set_ = " AND ".join(f"c.{quoted(near)} IS NOT NULL" for near, _ in key.columns)
    lost = f"NOT EXISTS (SELECT 1 FROM {quoted(key.schema)}.{quoted(key.parent)} p WHERE {on})"
    try:
        return int(value(session, f"SELECT COUNT(*) FROM {quoted(key.table)} c WHERE {set_} AND {lost}"))
    except pymysql.MySQLError as error:
        if number(error) not in _NO_PARENT:
            raise
        return None


def words(key: Relation, found: int | None) -> str:
    """What was found of a foreign key, "" where every row points to one."""
    if found is None:
        return f"foreign key {key.name}: {key.table} points to {key.schema}.{key.parent}, which is not on this server"
    return f"foreign key {key.name}: {found:,} rows of {key.table} point to no row of {key.parent}" if found else ""


def duplicates(session: Session, column: str) -> int:
    """How many values of `table.column` stand in more than one row; NULL is no value. The server's errors pass."""
    table, name = (quoted(part) for part in column.split(".", 1))
    twice = f"SELECT 1 FROM {table} WHERE {name} IS NOT NULL GROUP BY {name} HAVING COUNT(*) > 1"
    return int(value(session, f"SELECT COUNT(*) FROM ({twice}) AS twice"))
