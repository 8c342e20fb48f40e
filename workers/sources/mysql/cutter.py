"""Cuts the output of one dump process into blocks that stand alone. Floor: tools.

A newline never occurs inside a literal of a dump (it is written as backslash n), so `;` and newline end a statement and nothing else.
The dump's own head and foot are replaced by a preamble in front of every block: a segment then loads alone, in any order, in any session,
under the character set that it needs.
"""

import re
from collections.abc import Iterator

from workers.errors import Permanent
from workers.ports import Block
from workers.sources.mysql.tools import Flavour

BLOCK = 1 << 20
# Where the dump ends, its foot (about 350 bytes) must not be cut apart: this much is held back until the end is seen.
_HELD = 4096
_SEMICOLON = ord(";")
_TABLE = b"\n--\n-- Dumping data for table `"
_TITLE = re.compile(rb"\n--\n-- Dumping data for table `((?:[^`\n]|``)+)`\n(?:-- WHERE: [^\n]*\n)?--\n(?=(.{0,60}))", re.DOTALL)
_FOOT = b"\n/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n"
_TRAILER = b"\n-- Dump completed"
STATE = "SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"

# The text of a dump is what the server holds, byte by byte: MySQL marks it `_binary` and wants utf8mb4 around it (JSON is
# refused under binary), MariaDB marks nothing and is silently wrong under utf8mb4.
CHARSETS = {Flavour.MYSQL: "utf8mb4", Flavour.MARIADB: "binary"}


class Cutter:
    """Fed with one process's output, gives blocks of about 1 MiB, each with its preamble and the tables in it."""

    def __init__(self, flavour: Flavour) -> None:
        self._preamble = f"SET NAMES {CHARSETS[flavour]};\n{STATE};\n".encode()
        self._headless = False
        self._buffer = bytearray()
        self._searched = 0
        self._table = ""

    def feed(self, data: bytes) -> Iterator[Block]:
        """The blocks that are complete with this piece of output, at most one."""
        self._buffer += data
        if not self._headless and (start := self._buffer.find(_TABLE)) >= 0:
            del self._buffer[:start]
            self._headless = True
        limit = len(self._buffer) - _HELD
        if limit < BLOCK or not self._headless:
            return
        # Only what is new is searched: one row may be as long as a thousand pieces.
        cut, self._searched = self._last_end(self._searched, limit), limit
        if cut:
            yield self._block(cut)
            del self._buffer[:cut]
            self._searched = 0

    def finish(self, name: str) -> Iterator[Block]:
        """The last block. Permanent where the output does not end as a whole dump does."""
        foot = self._buffer.rfind(_FOOT)
        if foot < 0 or self._buffer.find(_TRAILER, foot) < 0:
            raise Permanent(f"the output of {name} ends without '-- Dump completed' although it ended with status 0: it is cut short")
        if self._headless:
            yield self._block(foot + 1)

    def _last_end(self, start: int, end: int) -> int:
        """Behind the last statement that ends between two places, 0 where none does. One byte is sought, at the speed of memrchr."""
        while (end := self._buffer.rfind(b"\n", start, end)) > 0:
            if self._buffer[end - 1] == _SEMICOLON:
                return end + 1
        return 0

    def _block(self, end: int) -> Block:
        """The buffer up to `end`, copied once."""
        names = list(self._tables(end))
        with memoryview(self._buffer) as view, view[:end] as body:
            return Block(b"".join((self._preamble, body)), tuple(names))

    def _tables(self, end: int) -> Iterator[str]:
        start = self._buffer.find(_TABLE, 0, end)
        if self._table and start != 0:
            yield self._table
        while start >= 0:
            if (title := _TITLE.match(self._buffer, start)) is None:
                raise Permanent(f"a dump names its table in an unknown way: {bytes(self._buffer[start : start + 120])!r}")
            self._table = title[1].decode().replace("``", "`")
            # Such as `SET autocommit=0`, whose COMMIT would stand in another segment.
            if (first := title[2].strip()) and not first.startswith((b"INSERT INTO ", b"--\n-- Dumping data", _FOOT.strip())):
                raise Permanent(f"the dump of table {self._table} begins with {bytes(first)!r}, which no known client writes")
            yield self._table
            start = self._buffer.find(_TABLE, start + 1, end)
