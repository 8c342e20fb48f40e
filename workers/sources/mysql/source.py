"""The source `mysql`: one database of a MySQL or MariaDB server. Floor: tools."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from workers.artifact import Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Dump, Finding, Place
from workers.sources.mysql import doctor, restore
from workers.sources.mysql.definitions import read_tables
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.session import Server, open_server


@dataclass(frozen=True, slots=True)
class MysqlSource:
    """Reads and writes the database that `options` name; `streams` dump processes share one snapshot."""

    options: MysqlOptions
    password: SecretStr | None = None
    streams: int = 1

    def check(self) -> tuple[Finding, ...]:
        """Login, versions, privileges (with their GRANT), binary log, limits, clocks."""
        return doctor.examine(self.options, self.password)

    def size(self) -> int:
        """Bytes of all rows by the server's estimate."""
        server = self._server()
        with told(Moment(self.options, "reading sizes")), closing(server.connect(self.options.database)) as session:
            return sum(table.bytes for table in read_tables(server, session))

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a full dump. Refused for other kinds."""
        if kind is not Kind.FULL:
            raise Refused(f"a dump of a database is full; kind {kind!s} is made of its binary logs")
        return self._dump()

    @contextmanager
    def _dump(self) -> Iterator[Dump]:
        with open_dump(self._server(), self.streams) as dump:
            yield dump

    def place(self, into: str) -> Place:
        """What stands in the database `into` now."""
        return restore.place(self._server(), into)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Make the database and its tables; Refused where it holds something and `order.confirm` does not allow it."""
        restore.prepare(self._server(logged=not order.scratch), order, schema)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Load one data segment; several at once are fine."""
        restore.load(self._server(logged=not order.scratch), order, segment, plain)

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Load corrections and post-data, then count; accounts are passed over."""
        return restore.finish(self._server(logged=not order.scratch), order, rest)

    def _server(self, *, logged: bool = True) -> Server:
        return replace(open_server(self.options, self.password), logged=logged)
