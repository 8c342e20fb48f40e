"""Ranges of a table's primary key that hold about as many rows each. Floor: tools.

The key at each boundary is read from the table by counting on along the key, which is exact for sparse, skewed, composite, text and
binary keys alike (30 million rows a second from memory). Ranges are open at both ends and each boundary belongs to one side only, so
whatever rows are there when the snapshot opens, every one of them is in exactly one range.
"""

from collections.abc import Sequence
from typing import TypeAlias

from workers.sources.mysql.definitions import Table
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.literals import CHOICES, WHOLE, Column, literal
from workers.sources.mysql.session import Session, rows

_COUNTED = 32 << 30  # bytes of a table that is read for its boundaries: beyond, that would take minutes where it is not in memory
_DEEPEST = 4  # columns of a key that boundaries tell: more only make the conditions longer
_LONGEST = 3000  # characters of a condition: the programs read lines of option files into 4096 bytes (my_default.cc)

Boundary: TypeAlias = tuple[str, ...]  # a literal for each column


def conditions(session: Session, table: Table, pieces: int) -> tuple[str, ...]:
    """WHERE conditions of at most `pieces` ranges; none where the table has no key to cut by, or too few rows.

    `session` MUST have the database selected, and UTC as its time zone, as the dump program has.
    """
    if not (key := _key(session, table.name)):
        return ()
    found = _counted(session, table, key, pieces) if table.bytes <= _COUNTED else _spread(session, table, key[0], pieces)
    if not found:
        return ()
    names = [quoted(column.name) for column in key]
    edges = [_from(names, edge) for edge in found], [_below(names, edge) for edge in found]
    between = [f"({lower}) AND ({upper})" for lower, upper in zip(edges[0], edges[1][1:], strict=False)]
    made = (edges[1][0], *between, edges[0][-1])
    return made if max(map(len, made)) <= _LONGEST else ()


def _key(session: Session, table: str) -> tuple[Column, ...]:
    """The first columns of the primary key that literals can be compared with in the key's own order."""
    found: list[Column] = []
    for name, kind, part, number in rows(session, _KEY, (table,)):
        column = Column(name, kind, "", int(number))
        if part is not None or kind in CHOICES or kind == "bit" or not literal(column) or len(found) == _DEEPEST:
            break
        found.append(column)
    return tuple(found)


def _counted(session: Session, table: Table, key: Sequence[Column], pieces: int) -> list[Boundary]:
    """Every n-th key, n by the server's estimate of the rows."""
    step, found = max(1, table.rows // pieces), list[Boundary]()
    names = [quoted(column.name) for column in key]
    for _ in range(pieces - 1):
        where = f"WHERE {_from(names, found[-1])}" if found else ""
        values, order = ", ".join(map(literal, key)), ", ".join(names)
        edge = rows(session, f"SELECT {values} FROM {quoted(table.name)} {where} ORDER BY {order} LIMIT 1 OFFSET {step}")
        if not edge:
            break
        found.append(edge[0])
    return found


def _spread(session: Session, table: Table, first: Column, pieces: int) -> list[Boundary]:
    """Numbers spread evenly between the smallest and the largest key; nothing for keys that are no whole numbers."""
    if first.type not in WHOLE:
        return []
    name = quoted(first.name)
    [(low, high)] = rows(session, f"SELECT MIN({name}), MAX({name}) FROM {quoted(table.name)}")
    if low is None:
        return []
    return [(str(edge),) for edge in sorted({low + (high - low + 1) * part // pieces for part in range(1, pieces)})]


def _from(names: Sequence[str], edge: Boundary) -> str:
    return _compared(names, edge, ">", ">=")


def _below(names: Sequence[str], edge: Boundary) -> str:
    return _compared(names, edge, "<", "<")


def _compared(names: Sequence[str], edge: Boundary, beyond: str, at_last: str) -> str:
    """Column by column: neither flavour finds a range in `(a, b) >= (1, 2)`, both do in `a > 1 OR a = 1 AND b >= 2`."""
    *before, last = zip(names, edge, strict=False)
    condition = f"{last[0]} {at_last} {last[1]}"
    for name, value in reversed(before):
        condition = f"{name} {beyond} {value} OR {name} = {value} AND ({condition})"
    return condition


_KEY = """
    SELECT s.column_name, LOWER(c.data_type), s.sub_part, s.seq_in_index
    FROM information_schema.statistics s JOIN information_schema.columns c
        ON c.table_schema = s.table_schema AND c.table_name = s.table_name AND c.column_name = s.column_name
    WHERE s.table_schema = DATABASE() AND s.table_name = %s AND s.index_name = 'PRIMARY' ORDER BY s.seq_in_index
"""
