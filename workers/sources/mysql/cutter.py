"""Cuts the output of one dump process into blocks that stand alone. Floor: tools.

A newline never occurs inside a literal of a dump (it is written as backslash n), so `;` and newline end a statement and nothing else.
The dump's own head and foot are replaced by a preamble in front of every block: a segment then loads alone, in any order, in any session,
under the character set that it needs.

The output is read in place behind the preamble, and copied once, when a block is complete. Statement ends are sought backwards, which is
5 times as fast; titles only until the last table was seen, so that a large one at the end costs nothing (else 0.2 ms per MiB).
"""

import re
from collections.abc import Iterable, Iterator

from workers.errors import Permanent
from workers.ports import Block
from workers.sources.mysql.faults import unquoted
from workers.sources.mysql.tools import Flavour

BLOCK = 1 << 20
# Where the dump ends, its foot (about 350 bytes) must not be cut apart: this much is held back until the end is seen.
_HELD = 4096
_SPACE = BLOCK // 2  # offered for one read at least
_END = b";\n"
_TABLE = b"\n--\n-- Dumping data for table `"
_TITLE = re.compile(rb"\n--\n-- Dumping data for table `((?:[^`\n]|``)+)`\n--\n(?:-- WHERE: [^\n]*\n)?(?=(.{0,60}))", re.DOTALL)
_FOOT = b"\n/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n"
_TRAILER = b"\n-- Dump completed"
STATE = "SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"

# The text of a dump is what the server holds, byte by byte: MySQL marks it `_binary` and wants utf8mb4 around it (JSON is
# refused under binary), MariaDB marks nothing and is silently wrong under utf8mb4.
TEXT = "utf8mb4"
CHARSETS = {Flavour.MYSQL: TEXT, Flavour.MARIADB: "binary"}


class Cutter:
    """Given the output of one process for these tables, gives blocks of about 1 MiB, each with its preamble and the tables in it.

    `charset` is what the blocks are loaded under.

    Write into `space()`, then say with `wrote(n)` how much.
    """

    def __init__(self, charset: str, tables: Iterable[str]) -> None:
        preamble = f"SET NAMES {charset};\n{STATE};\n".encode()
        self._start = self._end = self._searched = len(preamble)
        self._buffer = bytearray(preamble) + bytes(2 * BLOCK)
        self._headless = False
        self._table, self._left = "", set(tables)

    def space(self) -> memoryview:
        """Where the next output goes. Let go of it before `wrote`: a buffer that is looked at cannot grow."""
        if len(self._buffer) - self._end < _SPACE:
            self._buffer += bytes(len(self._buffer))
        return memoryview(self._buffer)[self._end :]

    def wrote(self, count: int) -> Iterator[Block]:
        """The blocks that are complete with so many more bytes of output, at most one."""
        self._end += count
        if not self._headless:
            self._behead()
        limit = self._end - _HELD
        if limit - self._start < BLOCK or not self._headless:
            return
        # Only what is new is searched: one row may be as long as a thousand pieces.
        cut, self._searched = self._last_end(self._searched, limit), limit - 1
        if cut:
            yield self._block(cut)
            self._keep(cut)

    def finish(self, name: str) -> Iterator[Block]:
        """The last block. Permanent where the output does not end as a whole dump does."""
        foot = self._buffer.rfind(_FOOT, self._start, self._end)
        if foot < 0 or self._buffer.find(_TRAILER, foot, self._end) < 0:
            raise Permanent(f"the output of {name} ends without '-- Dump completed' although it ended with status 0: it is cut short")
        if self._headless:
            yield self._block(foot + 1)
        if self._left:
            gone = ", ".join(sorted(self._left)[:10])
            raise Permanent(f"the output of {name} lacks tables that it was asked for, although it ended with status 0: {gone}")

    def _behead(self) -> None:
        found = self._buffer.find(_TABLE, self._start, self._end)
        if found >= 0:
            self._keep(found)
            self._headless = True

    def _keep(self, cut: int) -> None:
        """Move what lies behind `cut` to the front."""
        rest = self._end - cut
        self._buffer[self._start : self._start + rest] = self._buffer[cut : self._end]
        self._end, self._searched = self._start + rest, self._start

    def _last_end(self, start: int, end: int) -> int:
        """Behind the last statement that ends between two places, 0 where none does.

        MySQL writes a statement on one line, whose end is found at the speed of memrchr; MariaDB writes a line for each row.
        """
        found = self._buffer.rfind(b"\n", start, end)
        if found > start and self._buffer[found - 1] != _END[0]:
            found = self._buffer.rfind(_END, start, end) + 1
        return found + 1 if found > start else 0

    def _block(self, end: int) -> Block:
        """Preamble and output up to `end`, copied once."""
        with memoryview(self._buffer) as view:
            return Block(bytes(view[:end]), tuple(self._tables(end)))

    def _tables(self, end: int) -> Iterator[str]:
        start = self._next_title(self._start, end)
        if self._table and start != self._start:
            yield self._table
        while start >= 0:
            if (title := _TITLE.match(self._buffer, start, self._end)) is None:
                raise Permanent(f"a dump names its table in an unknown way: {bytes(self._buffer[start : start + 120])!r}")
            self._table = unquoted(title[1].decode())
            # Such as `SET autocommit=0`, whose COMMIT would stand in another segment.
            if (first := title[2].strip()) and not first.startswith((b"INSERT INTO ", b"--\n-- Dumping data", _FOOT.strip())):
                raise Permanent(f"the dump of table {self._table} begins with {bytes(first)!r}, which no known client writes")
            yield self._table
            self._left.discard(self._table)
            start = self._next_title(start + 1, end)

    def _next_title(self, start: int, end: int) -> int:
        return self._buffer.find(_TABLE, start, end) if self._left else -1
