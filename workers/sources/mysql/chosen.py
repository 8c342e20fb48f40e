"""What is made of a backup's definitions where only some tables are wanted. Floor: tools.

A foreign key to a table that is not restored points to the live one where tables of a live database are replaced; anywhere else there
is nothing to point to, and it is left out. Triggers come back with their tables into the live database only.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from workers.artifact import Order
from workers.errors import Refused
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.place import is_beside
from workers.sources.mysql.printed import Foreign, Printed, printed
from workers.sources.mysql.script import Definition, Thing

_AIR = r"(?:\s|/\*.*?\*/)+"
_NAME = r"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$]+)"
_OF = re.compile(rf"\b(?:BEFORE|AFTER){_AIR}(?:INSERT|UPDATE|DELETE){_AIR}ON{_AIR}(?:{_NAME}\s*\.\s*)?({_NAME}){_AIR}FOR\b", re.I | re.S)


def schema(definitions: Iterable[Definition], order: Order) -> list[Definition]:
    """The definitions to be made before the rows. Refused, naming them, where tables are wanted that the backup does not have."""
    found = list(definitions)
    if not order.objects:
        return found
    tables = [definition for definition in found if definition.kind is Thing.TABLE and definition.name in order.objects]
    if missing := sorted(set(order.objects) - {table.name for table in tables}):
        raise Refused(f"backup {order.backup} has no table {', '.join(missing[:10])}")
    needed = [definition for definition in found if definition.kind is Thing.DATABASE or _counts_for(definition, tables, order)]
    return [*needed, *(_fitted(table, order) for table in tables)]


def left_out(definitions: Iterable[Definition], order: Order) -> tuple[str, ...]:
    """What is not restored of the wanted tables, in words."""
    if not order.objects or is_beside(order):
        return ()
    tables = [(found.name, printed(found.sql)) for found in definitions if found.kind is Thing.TABLE and found.name in order.objects]
    gone = [(name, key) for name, table in tables if table for key in _outside(table, order)]
    return tuple(f"foreign key {key.name} of {name} left out: {key.table} is not restored" for name, key in gone)


def later(definitions: Sequence[Definition], order: Order) -> list[Definition]:
    """The definitions to be made after the rows."""
    if not order.objects:
        return list(definitions)
    wanted = is_beside(order)
    return [found for found in definitions if wanted and found.kind is Thing.TRIGGER and table_of(found) in order.objects]


def table_of(trigger: Definition) -> str | None:
    """The table of a trigger, read from its text, which is as somebody wrote it; None where it cannot be told."""
    found = _OF.search(trigger.sql)
    if found is None:
        return None
    name = found[1]
    return name if name[0] not in '`"' else name[1:-1].replace(name[0] * 2, name[0])


def _counts_for(found: Definition, tables: Sequence[Definition], order: Order) -> bool:
    """Whether it is a sequence that a wanted table takes its numbers from; a live database has its own."""
    wanted = found.kind is Thing.SEQUENCE and not is_beside(order)
    return wanted and any(quoted(found.name) in table.sql for table in tables)


def _fitted(found: Definition, order: Order) -> Definition:
    table = printed(found.sql)
    if table is None or not (outside := _outside(table, order)):
        return found
    if not is_beside(order):
        lines = tuple(line for line in table.lines if line not in {key.line for key in outside})
    else:
        lines = tuple(next((key.at(order.into) for key in outside if key.line == line), line) for line in table.lines)
    return replace(found, sql=replace(table, lines=lines).sql)


def _outside(table: Printed, order: Order) -> list[Foreign]:
    return [key for key in table.foreign_keys if not key.schema and key.table not in order.objects]
