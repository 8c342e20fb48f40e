"""FLOAT columns, exact: what six digits of a text dump lose is set right after the load. Floor: tools.

Both flavours print a FLOAT with six digits (3.4028235e38 comes back as 3.40282e38), `col + 0e0` prints the DOUBLE of the same value.
Only rows whose printed digits give another float are carried: one UPDATE each, by primary key, some thousands in a transaction and a block.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from pymysql.cursors import SSCursor

from workers.ports import Block
from workers.sources.mysql.cutter import STATE
from workers.sources.mysql.definitions import Table
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.literals import Column, literal
from workers.sources.mysql.ranges import conditions
from workers.sources.mysql.session import Session, rows, value

_ROWS = 1000
_PAGE = 10_000  # rows of which the server makes one text: measured, 131,000 rows cost 0.42 CPU s so, and 0.80 one by one
_PAGES = 10_000  # at most: their conditions are held in memory
_LONGEST = 1 << 20  # bytes of such a text: as a block it must fit into the smallest spool


@dataclass(frozen=True, slots=True)
class FloatTable:
    """A table with FLOAT columns of its own (generated ones follow by themselves)."""

    name: str
    columns: tuple[Column, ...]

    @property
    def floats(self) -> tuple[Column, ...]:
        """Its FLOAT columns."""
        return tuple(column for column in self.columns if _is_float(column))

    @property
    def key(self) -> tuple[Column, ...]:
        """The primary key's columns in order; empty where there is none that finds a row exactly."""
        key = sorted((column for column in self.columns if column.key), key=lambda column: column.key)
        return tuple(key) if all(_condition(column) for column in key) else ()

    @property
    def touched(self) -> tuple[Column, ...]:
        """Columns that would change by themselves in an UPDATE."""
        return tuple(column for column in self.columns if "on update" in column.extra.lower())


def float_tables(session: Session, tables: Sequence[str]) -> list[FloatTable]:
    """The tables among `tables` (in the selected database) that have FLOAT columns."""
    found: dict[str, list[Column]] = {}
    for table, *fields in rows(session, _COLUMNS):
        if table in tables:
            found.setdefault(table, []).append(Column(*fields))
    listed = [FloatTable(name, tuple(columns)) for name, columns in found.items()]
    return [table for table in listed if table.floats]


def without_key(tables: Sequence[FloatTable]) -> tuple[str, ...]:
    """A warning for each table whose FLOAT values cannot be set right."""
    return tuple(
        f"table {table.name}: no usable primary key, so its FLOAT columns ({', '.join(column.name for column in table.floats)}) "
        "come back with six digits; use DOUBLE or add a key"
        for table in tables
        if not table.key
    )


def corrections(reader: Session, tables: Sequence[FloatTable], sizes: Mapping[str, Table]) -> Iterator[Block]:
    """The UPDATEs for all tables with a key, read from the snapshot of `reader`; `sizes` are the tables by name."""
    rows(reader, f"SET SESSION group_concat_max_len = {_LONGEST}")
    for table in tables:
        for updates in _texts(reader, table, sizes[table.name]) if table.key else ():
            text = ";\n".join(["SET NAMES utf8mb4", STATE, "START TRANSACTION", updates, "COMMIT", ""])
            yield Block(text.encode(), (table.name,))


def _texts(reader: Session, table: FloatTable, size: Table) -> Iterator[str]:
    """UPDATEs joined, page by page of a big table; row by row where it has no key to cut by, or a page is too long for one text."""
    pages = min(size.rows // _PAGE, _PAGES)
    update, wrong = _update(table), " OR ".join(f"NOT {_kept(column)}" for column in table.floats)
    cut = conditions(reader, size, pages) if pages > 1 else ()
    fits = bool(cut)
    for where in cut or ("TRUE",):
        rest = f"FROM {quoted(table.name)} WHERE ({wrong}) AND ({where})"
        if fits and (text := _page(reader, update, rest)) is not None:
            yield from filter(None, (text,))
            continue
        fits = False  # the next page would hardly be shorter
        with reader.cursor(SSCursor) as cursor:
            cursor.execute(f"SELECT {update} {rest}")
            while batch := list(islice(cursor, _ROWS)):
                yield ";\n".join(text for (text,) in batch)


def _page(reader: Session, update: str, rest: str) -> str | None:
    """All UPDATEs of a page, "" where it needs none; None where the server could not make them one text."""
    [(count, text)] = rows(reader, f"SELECT COUNT(*), GROUP_CONCAT({update} SEPARATOR ';\n') {rest}")
    if not count:
        return ""
    warned = value(reader, "SELECT @@warning_count")  # cut by GROUP_CONCAT; counted even where max_error_count is 0 and keeps no words
    return None if warned or text is None else str(text)


def _update(table: FloatTable) -> str:
    """Built by the server: a row that needs none is not even sent, and one that does is one text (0.4 of the CPU time of its columns)."""
    lost = [f"IF({_kept(column)}, NULL, CONCAT('{_text(column)} = ', {quoted(column.name)} + 0e0))" for column in table.floats]
    still = [f"'{_text(column)} = {_text(column)}'" for column in table.touched]
    where = f"CONCAT_WS(' AND ', {', '.join(_condition(column) for column in table.key)})"
    start = f"UPDATE {quoted(table.name)} SET ".replace("\\", "\\\\").replace("'", "''")
    return f"CONCAT('{start}', CONCAT_WS(', ', {', '.join([*lost, *still])}), ' WHERE ', {where})"


def _kept(column: Column) -> str:
    """Whether the digits that a dump prints give the very float that is stored."""
    return f"(CAST(CONCAT({quoted(column.name)}) AS FLOAT) <=> {quoted(column.name)})"


def _text(column: Column) -> str:
    """A column's name in a literal of SQL."""
    return quoted(column.name).replace("\\", "\\\\").replace("'", "''")


def _condition(column: Column) -> str:
    """SQL that gives the text `column = literal` for a row; "" where no literal finds the row for certain."""
    value = literal(column)
    return f"CONCAT('{_text(column)} = ', {value})" if value else ""


def _is_float(column: Column) -> bool:
    return column.type == "float" and "GENERATED" not in column.extra.upper().replace("DEFAULT_GENERATED", "")


_COLUMNS = """
    SELECT c.table_name, c.column_name, LOWER(c.data_type), c.extra, COALESCE(s.seq_in_index, 0)
    FROM information_schema.columns c
    LEFT JOIN information_schema.statistics s ON s.table_schema = c.table_schema AND s.table_name = c.table_name
        AND s.column_name = c.column_name AND s.index_name = 'PRIMARY'
    WHERE c.table_schema = DATABASE() ORDER BY c.table_name, c.ordinal_position
"""
