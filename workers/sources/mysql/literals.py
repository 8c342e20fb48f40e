"""Values of columns as SQL literals, written by the server: SELECT one, and it is the text that finds the very row again. Floor: tools."""

from dataclasses import dataclass

from workers.sources.mysql.faults import quoted

WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_NUMBERS = WHOLE | {"decimal", "year"}
_QUOTED = frozenset({"date", "datetime", "timestamp", "time", "uuid", "inet4", "inet6"})
BYTES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
WORDS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
CHOICES = frozenset({"enum", "set"})  # found by their text, but ordered by their number


@dataclass(frozen=True, slots=True)
class Column:
    """A column as information_schema tells it; `key` is its place in the primary key, 0 outside."""

    name: str
    type: str
    extra: str
    key: int


def literal(column: Column) -> str:
    """SQL that gives a row's value as the text of a literal; "" where no literal finds it for certain (FLOAT, DOUBLE, others)."""
    name = quoted(column.name)
    if column.type in _NUMBERS:
        return f"CONCAT({name})"
    if column.type == "bit":
        return f"CONCAT({name} + 0)"
    if column.type in _QUOTED:
        return f"CONCAT('''', {name}, '''')"
    if column.type in BYTES:
        return f"CONCAT('x''', HEX({name}), '''')"
    if column.type in WORDS | CHOICES:
        return f"CONCAT('_utf8mb4 x''', HEX(CONVERT({name} USING utf8mb4)), '''')"
    return ""
