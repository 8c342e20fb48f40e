"""What stands in relation to live tables that are to be replaced: foreign keys and triggers, in words. Floor: tools."""

from collections.abc import Iterator

from workers.artifact import Order
from workers.sources.mysql.place import inside, is_beside
from workers.sources.mysql.session import Server, rows

_KEYS = (
    "SELECT DISTINCT constraint_name, table_name, referenced_table_schema, referenced_table_name FROM information_schema.key_column_usage"
    " WHERE table_schema = %s AND referenced_table_name IS NOT NULL AND (table_name IN %s OR referenced_table_name IN %s) ORDER BY 2, 1"
)
_TRIGGERS = (
    "SELECT trigger_name, event_object_table FROM information_schema.triggers"
    " WHERE trigger_schema = %s AND event_object_table IN %s ORDER BY 2, 1"
)


def touched(server: Server, order: Order) -> tuple[str, ...]:
    """What the exchange of these tables touches in their live database; nothing where it goes into another name."""
    return tuple(_words(server, order)) if is_beside(order) else ()


def _words(server: Server, order: Order) -> Iterator[str]:
    tables = order.objects
    with inside(server, order.into, "looking at what is touched in") as session:
        for name, table, schema, parent in rows(session, _KEYS, (order.into, tables, tables)):
            here = schema == order.into and parent in tables
            if table in tables and here:
                yield f"foreign key {name}: {table} → {parent}, both replaced"
            elif table in tables:
                yield f"foreign key {name}: {table} → {parent if schema == order.into else f'{schema}.{parent}'}, which stays as it is"
            elif here:
                yield f"foreign key {name}: {table}, which stays as it is, → {parent}; its rows may point to none afterwards"
        for name, table in rows(session, _TRIGGERS, (order.into, tables)):
            yield f"trigger {name} of {table}: dropped, and made as it was in the backup"
