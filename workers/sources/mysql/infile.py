"""Rows by `LOAD DATA LOCAL`, read out of the dump's own INSERT statements: a third cheaper for a MySQL server. Floor: tools.

The server asks its client for a file, by a name that the statement had. It gets the rows at hand whatever name it asks for, and the
driver itself refuses to open any (see `session.connect`). Its answers are warnings instead of errors, and it skips a row that is there
already; so all that is not wholly without a word raises `Unfit`, and the same statement goes by INSERT, which has true errors.

What the fields mean is the dump's own: `NULL`, numbers as they stand, texts and bytes in quotes with the escapes of
mysql_real_escape_string, which both statements read alike (manual, "LOAD DATA", "String Literals").
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pymysql.constants import COMMAND
from pymysql.protocol import OKPacketWrapper

from workers.sources.mysql.faults import quoted, unquoted
from workers.sources.mysql.literals import BYTES, CHOICES, WHOLE, WORDS
from workers.sources.mysql.session import Session, rows, value

_CHUNK = 1 << 16  # bytes in a packet; the server reads them one after another, and takes none above its max_allowed_packet
_INSERT = re.compile(rb"INSERT INTO `((?:[^`]|``)+)` (?:\(((?:`(?:[^`]|``)+`(?:, ?)?)+)\) )?VALUES (?=\()")
_NAME = re.compile(rb"`((?:[^`]|``)+)`")
# Bytes that begin with a comma or a parenthesis, or the end of a text that ends like their mark.
_MARK = b"_binary '"
_UNCLEAR = re.compile(_MARK + rb"[,)]")  # no class of characters in front: this way it is sought ten times as fast
_HEX = (b",0x", b"(0x")  # how bytes are written where the dump had to be text: LOAD DATA would take it for a word
_UTF8 = frozenset({"utf8mb4", "utf8mb3", "ascii", "binary"})  # of another character set the dump holds either its bytes or UTF-8
_KNOWN = WHOLE | BYTES | WORDS | CHOICES | {"decimal", "float", "double", "year", "date", "time", "datetime", "timestamp", "bit", "json"}
_COLUMNS = (
    "SELECT table_name, column_name, data_type, character_set_name, generation_expression <> '' OR extra LIKE '%%INVISIBLE%%'"
    " FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN %s ORDER BY table_name, ordinal_position"
)
_ALLOWED = "SELECT @@version NOT LIKE '%MariaDB%' AND @@local_infile"
_ANSWER = re.compile(r"Records: (\d+)  Deleted: 0  Skipped: 0  Warnings: 0")


class Unfit(Exception):
    """These rows have to go by INSERT; what was loaded of them is to be taken back."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a dump names; `converted`: JSON, which wants to be told that its bytes are text."""

    name: str
    converted: bool


Tables = Mapping[str, tuple[Column, ...]]
"""By table the columns that an INSERT without a list of columns fills, for tables which `LOAD DATA` fills alike."""
NONE: Tables = MappingProxyType({})


def tables(session: Session, names: Collection[str]) -> Tables:
    """The tables of a segment whose rows may go this way: none where the server does not allow it (`local_infile`)."""
    if not names or not value(session, _ALLOWED):
        return NONE
    found: dict[str, list[Column]] = {}
    odd: set[str] = set()
    for table, name, kind, charset, special in rows(session, _COLUMNS, (tuple(names),)):
        found.setdefault(table, []).append(Column(name, kind == "json"))
        if special or kind not in _KNOWN or (charset or "binary") not in _UTF8:
            odd.add(table)
    return {table: tuple(columns) for table, columns in found.items() if table not in odd}


def load(session: Session, known: Tables, statement: bytes) -> bool:
    """Load the rows of an INSERT; False, and nothing is done, where it is none, or not one for this way. Unfit where the server objects."""
    if (head := _INSERT.match(statement)) is None or (columns := known.get(table := unquoted(head[1].decode()))) is None:
        return False
    named = [unquoted(name.decode()) for name in _NAME.findall(head[2] or b"")]
    if named and named != [column.name for column in columns]:
        return False
    if (lines := _lines(statement[head.end() :])) is None:
        return False
    count, message = _feed(session, _statement(table, columns), lines)
    answer = _ANSWER.search(message)
    if answer is None or int(answer[1]) != count:
        raise Unfit(message)
    return True


def _lines(values: bytes) -> bytes | None:
    """The rows as lines: `(1,'a'),(2,'b'),`. None where bytes are in hexadecimal, or a text ends like the mark of bytes."""
    if _ends_a_text(values) or any(prefix in values for prefix in _HEX):
        return None
    return values.replace(_MARK, b"'") + b","


def _ends_a_text(values: bytes) -> bool:
    """Whether a quote that looks as if it began bytes ends a text: whether an odd number of quotes, escaped ones left out, is before it."""
    start, inside = 0, False
    for found in _UNCLEAR.finditer(values):
        before = values[start : (start := found.end() - 2)].replace(rb"\\", b"")
        inside ^= bool((before.count(b"'") - before.count(rb"\'")) % 2)
        if inside:
            return True
    return False


def _statement(table: str, columns: tuple[Column, ...]) -> str:
    names = ", ".join(f"@v{at}" if column.converted else quoted(column.name) for at, column in enumerate(columns))
    sets = ", ".join(f"{quoted(column.name)} = CONVERT(@v{at} USING utf8mb4)" for at, column in enumerate(columns) if column.converted)
    return (
        f"LOAD DATA LOCAL INFILE 'rows' INTO TABLE {quoted(table)} CHARACTER SET binary FIELDS TERMINATED BY ','"
        rf" OPTIONALLY ENCLOSED BY '\'' ESCAPED BY '\\' LINES STARTING BY '(' TERMINATED BY '),' ({names}){' SET ' * bool(sets)}{sets}"
    )


def _feed(session: Session, sql: str, lines: bytes) -> tuple[int, str]:
    """How many rows the server took, and its words. The driver's exceptions pass."""
    packets: Any = session  # its stubs leave out the protocol's own methods
    packets._execute_command(COMMAND.COM_QUERY, sql.encode())
    if not packets._read_packet().is_load_local_packet():
        raise Unfit("the server did not ask for rows")
    view = memoryview(lines)
    for start in range(0, len(lines), _CHUNK):
        packets.write_packet(view[start : start + _CHUNK])
    packets.write_packet(b"")  # that was all
    answer = OKPacketWrapper(packets._read_packet())
    return answer.affected_rows, (answer.message or b"").decode()
