"""Keys of big tables, built after the rows: sorted at once instead of row by row. Floor: tools.

Measured, 540 MB of SQL in four tables over three connections, CPU seconds of the server for rows and keys together: MySQL 55 with
the keys from the start, 42 with the keys after; MariaDB 33 and 23. More in docs/decisions/0010-keys-after-rows.md.

Taken away is only what comes back exactly where it stood: definitions are compared at the end, the order of their keys included.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import pymysql

from workers.artifact import Order
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.hands import Work, meanwhile
from workers.sources.mysql.making import literally, make
from workers.sources.mysql.place import inside, work
from workers.sources.mysql.printed import Printed, printed
from workers.sources.mysql.script import Definition, Thing
from workers.sources.mysql.session import Server, Session, rows

BIG = 20_000  # rows; measured, keys from the start and keys after cost the same at 10,000 rows


def bare(definitions: Sequence[Definition], order: Order) -> list[Definition]:
    """The definitions as they are made before the rows: big tables without the keys and foreign keys that `build` adds."""
    later = _later(definitions, order)
    return [replace(found, sql=later[found.name].bare) if _is_in(later, found) else found for found in definitions]


def build(server: Server, order: Order, definitions: Sequence[Definition]) -> None:
    """Add what `bare` took away and is not there yet; again, it adds nothing. Foreign keys come last: other tables may need a key first."""
    with building(server, order, definitions):
        pass
    with inside(server, work(order), "adding foreign keys in") as session:
        for found, table in _wanted(definitions, order):
            add(session, found, table.foreign)


def building(server: Server, order: Order, definitions: Sequence[Definition]) -> AbstractContextManager[object]:
    """Add keys, but no foreign ones, while the block runs."""

    def keys(session: Session, wanted: tuple[Definition, Printed]) -> None:
        add(session, wanted[0], wanted[1].keys)

    return meanwhile(Work(server, work(order), "building keys in"), keys, _wanted(definitions, order))


def _wanted(definitions: Sequence[Definition], order: Order) -> list[tuple[Definition, Printed]]:
    """The tables that lack something, the longest first."""
    later = _later(definitions, order)
    found = [(definition, later[definition.name]) for definition in definitions if _is_in(later, definition)]
    return sorted(found, key=lambda pair: -_rows(order)[pair[0].name])


def add(session: Session, found: Definition, lines: Sequence[str]) -> None:
    """Add those of the printed keys that a table does not have. The session's errors pass."""
    if not (missing := _missing(session, found.name, lines)):
        return
    literally(session)
    try:
        make(session, replace(found, sql=f"ALTER TABLE {quoted(found.name)} " + ", ".join(f"ADD {line}" for line in missing)))
    except pymysql.MySQLError:  # an earlier attempt's statement may have gone on without its worker, and ended only now
        if _missing(session, found.name, lines):
            raise


def _missing(session: Session, name: str, lines: Sequence[str]) -> list[str]:
    now = printed(str(rows(session, f"SHOW CREATE TABLE {quoted(name)}")[0][1]))
    return [line for line in lines if now is None or line not in now.lines]


def _later(definitions: Sequence[Definition], order: Order) -> dict[str, Printed]:
    """The tables that are loaded without their keys, by name."""
    tables = {found.name: table for found in definitions if found.kind is Thing.TABLE and (table := printed(found.sql))}
    pointed = [key for table in tables.values() for key in table.foreign_keys]
    needed = {key.table for key in pointed if not _is_primary(tables.get(key.table), key.columns)}
    count = _rows(order)
    return {
        name: table
        for name, table in tables.items()
        if count.get(name, 0) >= BIG and name not in needed and table.movable and (table.keys or table.foreign)
    }


def _is_in(later: dict[str, Printed], found: Definition) -> bool:
    return found.kind is Thing.TABLE and found.name in later


def _rows(order: Order) -> dict[str, int]:
    return {count.name: count.rows for count in order.facts.counts}


def _is_primary(table: Printed | None, columns: tuple[str, ...]) -> bool:
    """Whether columns that a foreign key points to are the beginning of the primary key, which is never taken away."""
    return table is not None and table.primary[: len(columns)] == columns
