"""Single tables of a live database give way to restored ones, all of them at one moment. Floor: tools.

They were loaded and proven in a database beside it. What was counted there is noted there, so that an attempt after a lost worker
process finds out how far the last one came: the rows change again as soon as they are live.
Measured on both flavours: a RENAME of several tables across databases is atomic; foreign keys among them move along, those of other
tables to a name that is missing take up the table that gets it; a table with a trigger is refused, and so is a foreign key's name
that its new database has already.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import pymysql

from workers.artifact import Count, Order
from workers.errors import Transient
from workers.sources.mysql.faults import number, quoted
from workers.sources.mysql.keys import add
from workers.sources.mysql.making import make
from workers.sources.mysql.place import beside, inside, work
from workers.sources.mysql.printed import printed
from workers.sources.mysql.script import Definition, Thing
from workers.sources.mysql.session import Server, Session, rows

_NOTED = "_canvasback_noted"
_PATIENCE = 10  # seconds that a transaction on a live table is waited for; statements on it that come meanwhile wait, too
_WAITED = 1205
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type <> 'VIEW' AND table_name IN %s"
_TRIGGERS = "SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = %s ORDER BY action_order"
_CHILDREN = (
    "SELECT DISTINCT table_name FROM information_schema.key_column_usage"
    " WHERE table_schema = %s AND referenced_table_schema = table_schema AND referenced_table_name IN %s AND table_name NOT IN %s"
)


def noted(server: Server, order: Order) -> tuple[Count, ...] | None:
    """What was counted before the exchange; None where no attempt has come so far."""
    with inside(server, name := work(order), "finishing the restore in") as session:
        there = rows(session, _TABLES, (name, (_NOTED,)))
        found = rows(session, f"SELECT name, number FROM {quoted(_NOTED)} WHERE line = ''") if there else []
    return tuple(Count(str(name), int(count)) for name, count in found) or None


def note(server: Server, order: Order, counts: Iterable[Count]) -> None:
    """Keep what was counted, and the foreign keys of other tables that point to those to be replaced: at once, or nothing."""
    table = f"{quoted(work(order))}.{quoted(_NOTED)}"
    with inside(server, order.into, "looking at foreign keys of") as session:
        notes = [(count.name, count.rows, "") for count in counts] + [(child, 0, line) for child, line in _children(session, order)]
        text = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
        rows(session, f"CREATE TABLE IF NOT EXISTS {table} (name VARCHAR(64) {text}, number BIGINT, line TEXT {text}) ENGINE=InnoDB")
        places = ", ".join(["(%s, %s, %s)"] * len(notes))
        rows(session, f"INSERT INTO {table} VALUES {places}", tuple(part for row in notes for part in row))


def exchange(server: Server, order: Order) -> None:
    """Put the restored tables into the live database. Transient where a transaction there does not end; nothing is changed then."""
    with inside(server, order.into, "putting tables in their place in") as session:
        rows(session, f"SET SESSION foreign_key_checks = 0, lock_wait_timeout = {_PATIENCE}")
        ready = [name for (name,) in rows(session, _TABLES, (work(order), order.objects))]
        children = rows(session, f"SELECT name, line FROM {quoted(work(order))}.{quoted(_NOTED)} WHERE line <> ''")
        try:
            if ready:
                _rename(session, order, ready, children)
        except pymysql.MySQLError as error:
            if number(error) != _WAITED:
                raise
            raise Transient(f"a transaction holds a table of {order.into} that is to be replaced; it is tried again") from error
        finally:  # also what an attempt that was lost has taken away
            for child, line in children if session.open else ():
                add(session, Definition(Thing.TABLE, child, ""), [line])


def triggers(server: Server, order: Order, found: Iterable[Definition]) -> tuple[list[Definition], tuple[str, ...]]:
    """Those triggers that can be made; and in words those whose name a trigger of another table has by now."""
    with inside(server, order.into, "reading triggers of") as session:
        taken = {name: table for name, table in rows(session, _TRIGGERS, (order.into,)) if table not in order.objects}
    listed = list(found)
    lost = [f"trigger {each.name} left out: one of table {taken[each.name]} has its name" for each in listed if each.name in taken]
    return [each for each in listed if each.name not in taken], tuple(lost)


def clean(server: Server, order: Order) -> None:
    """Drop the tables that were replaced, then what was beside."""
    with inside(server, order.into, "ending the restore of tables of") as session:
        rows(session, "SET SESSION foreign_key_checks = 0")
        for name in (beside(order, "old"), work(order)):
            rows(session, f"DROP DATABASE IF EXISTS {quoted(name)}")


def _rename(session: Session, order: Order, ready: Sequence[str], children: Sequence[tuple[str, str]]) -> None:
    """All at once. What could keep the server waiting is waited for before anything is changed."""
    there = [name for (name,) in rows(session, _TABLES, (order.into, tuple(ready)))]
    new, old = quoted(work(order)), quoted(beside(order, "old"))
    if there:
        rows(session, "LOCK TABLES " + ", ".join(f"{quoted(name)} WRITE" for name in there))
        rows(session, "UNLOCK TABLES")
    moves = [f"{quoted(name)} TO {old}.{quoted(name)}" for name in there]
    moves += [f"{new}.{quoted(name)} TO {quoted(name)}" for name in ready]
    rows(session, f"CREATE DATABASE IF NOT EXISTS {old}")
    with _without_triggers(session, order, there):
        for child, line in children:
            if line in _lines(session, child):
                rows(session, f"ALTER TABLE {quoted(child)} DROP FOREIGN KEY {line.split(' FOREIGN KEY ')[0].removeprefix('CONSTRAINT ')}")
        rows(session, f"RENAME TABLE {', '.join(moves)}")


@contextmanager
def _without_triggers(session: Session, order: Order, tables: Sequence[str]) -> Iterator[None]:
    """Without the triggers of these tables; they are made again where the block fails."""
    found = [_trigger(session, name) for name, table in rows(session, _TRIGGERS, (order.into,)) if table in tables]
    try:
        for trigger in found:
            rows(session, f"DROP TRIGGER {quoted(trigger.name)}")
        yield
    except BaseException:
        for trigger in found if session.open else ():
            rows(session, f"DROP TRIGGER IF EXISTS {quoted(trigger.name)}")
            make(session, trigger)
        raise


def _trigger(session: Session, name: str) -> Definition:
    ((_, mode, sql, _, collation, *_),) = rows(session, f"SHOW CREATE TRIGGER {quoted(name)}")
    return Definition(
        Thing.TRIGGER, name, sql, (("sql_mode", mode), ("character_set_client", "utf8mb4"), ("collation_connection", collation))
    )


def _children(session: Session, order: Order) -> Iterator[tuple[str, str]]:
    """Table and line of every foreign key that points from another table of the live database to one that is replaced."""
    for (child,) in rows(session, _CHILDREN, (order.into, order.objects, order.objects)):
        table = printed(str(rows(session, f"SHOW CREATE TABLE {quoted(child)}")[0][1]))
        yield from ((child, key.line) for key in (table.foreign_keys if table else ()) if not key.schema and key.table in order.objects)


def _lines(session: Session, name: str) -> tuple[str, ...]:
    table = printed(str(rows(session, f"SHOW CREATE TABLE {quoted(name)}")[0][1]))
    return table.lines if table else ()
