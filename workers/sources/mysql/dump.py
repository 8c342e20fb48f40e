"""One dump of one database: opened under a lock of milliseconds, read in parts, proven by its facts. Floor: tools."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial

from workers.artifact import Count, Facts, Role
from workers.errors import Permanent
from workers.gentle import UNTHROTTLED, Gentle
from workers.ports import Block, Part
from workers.sources.mysql import facts as known
from workers.sources.mysql.accounts import read_accounts
from workers.sources.mysql.cutter import CHARSETS
from workers.sources.mysql.definitions import SNAPSHOT, Definitions, Table, read_definitions
from workers.sources.mysql.engines import Still, still
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.floats import FloatTable, corrections, float_tables, without_key
from workers.sources.mysql.lanes import lanes, never
from workers.sources.mysql.pressure import pressure
from workers.sources.mysql.privileges import require
from workers.sources.mysql.ranges import conditions
from workers.sources.mysql.script import write
from workers.sources.mysql.session import Server, Session, rows
from workers.sources.mysql.shares import Share, deal
from workers.sources.mysql.snapshot import Snapshot, keep_ddl_away, snapshot
from workers.sources.mysql.stream import Job, Stream, nothing
from workers.sources.mysql.tools import Flavour, Program, Tool

_UTF8 = "utf8mb4"


@dataclass(frozen=True, slots=True)
class MysqlDump:
    """A dump while its snapshot is open; `guard` keeps DDL away and is where definitions are compared at the end.

    `counted` gives the rows as the snapshot's reader counts them; the reader is free when it has answered.
    """

    server: Server
    tool: Tool
    guard: Session
    snapshot: Snapshot
    definitions: Definitions
    still: Still
    floats: tuple[FloatTable, ...]
    counted: Callable[[], tuple[Count, ...]]
    streams: int
    busy: Callable[[], bool] = never

    def parts(self) -> Iterator[Part]:
        """Schema, data, correction, post-data, accounts; the last three only where there is something in them."""
        definitions = self.definitions
        yield Part("schema", Role.SCHEMA, write(definitions.schema), _UTF8)
        if self.snapshot.streams:
            first, *beside = lanes(self.snapshot.streams, self.streams, self.busy)
            yield Part("data", Role.DATA, first, CHARSETS[self.server.flavour], tuple(beside))
        if any(table.key for table in self.floats):
            yield Part("correction", Role.CORRECTION, self._corrections(), _UTF8)
        if definitions.later:
            yield Part("post-data", Role.POST_DATA, write(definitions.later), _UTF8)
        if self.server.options.accounts:
            yield Part("accounts", Role.ACCOUNTS, self._accounts(), _UTF8)

    def facts(self) -> Facts:
        """What was read. Permanent, naming the objects, where a definition changed or the guard was lost meanwhile."""
        with self._told("comparing definitions after the dump"):
            after = read_definitions(self.server, self.guard)
        if changed := self.definitions.changed(after):
            raise Permanent(f"definitions changed during the dump: {', '.join(changed[:10])}; run it again when no migration is going on")
        with self._told("counting rows"):
            return Facts(
                identity=known.identity(self.server, self.guard),
                flavour=self.server.flavour,
                version=self.server.version,
                place=self.server.options.database,
                snapshot=self.snapshot.instant,
                counts=tuple(sorted((*self.counted(), *self.still.counts), key=lambda count: count.name)),
                fingerprint=self.definitions.fingerprint,
                position=self.snapshot.position,
                warnings=(*self.definitions.warnings, *self.still.warnings(), *without_key(self.floats)),
                tools=((self.tool.path.name, self.tool.version),),
                extras=known.extras(self.guard),
            )

    def _corrections(self) -> Iterator[Block]:
        with self._told("counting rows"):
            self.counted()
        with self._told("reading exact FLOAT values"):
            yield from corrections(self.snapshot.reader, self.floats, {table.name: table for table in self.definitions.tables})

    def _accounts(self) -> Iterator[Block]:
        with self._told("reading accounts"):
            yield from write(read_accounts(self.server, self.guard))

    def _told(self, doing: str) -> AbstractContextManager[None]:
        return told(Moment(self.server.options, doing, running=True))


@contextmanager
def open_dump(server: Server, streams: int, gentle: Gentle = UNTHROTTLED) -> Iterator[MysqlDump]:
    """Open a dump that at most `streams` threads read at once; the thread that calls MUST outlive it, for children die with theirs."""
    with ExitStack() as stack:
        with told(Moment(server.options, "opening the snapshot", running=True)):
            dump = _open(server, streams, gentle, stack)
        yield dump


def _open(server: Server, streams: int, gentle: Gentle, stack: ExitStack) -> MysqlDump:
    tool = server.tool(Program.DUMP)
    guard = stack.enter_context(closing(server.connect(server.options.database)))
    require(server, guard)
    if pressed := stack.enter_context(pressure(server, gentle.ceiling)):
        pressed.wait(gentle)
    if server.flavour is Flavour.MYSQL:
        keep_ddl_away(server, guard)
    definitions = read_definitions(server, guard)
    held = stack.enter_context(still(server, definitions.tables))
    seen = [table for table in definitions.tables if table.engine == SNAPSHOT]
    shares = (*_still(held), *deal(seen, streams, partial(conditions, guard)))
    with server.option_file() as option_file:  # gone again as soon as every process has logged in
        jobs = [Job(server, tool, option_file, share, held.let_go if share.still else nothing) for share in shares]
        opened = stack.enter_context(snapshot(server, partial(map, Stream, jobs), held))
    if server.flavour is Flavour.MARIADB:
        keep_ddl_away(server, guard)
    floats = float_tables(guard, [table.name for table in seen if not table.versioned])
    counted = _counting(server, opened.reader, seen, stack)
    return MysqlDump(server, tool, guard, opened, definitions, held, tuple(floats), counted, streams, pressed.high if pressed else never)


def _counting(server: Server, reader: Session, tables: Sequence[Table], stack: ExitStack) -> Callable[[], tuple[Count, ...]]:
    """Count while the streams are read on MySQL; when asked on MariaDB, where a savepoint does not let go of tables."""
    if server.flavour is Flavour.MARIADB:
        return cache(partial(known.counts, reader, tables))
    counting = stack.enter_context(ThreadPoolExecutor(1))  # left, and so waited for, before the reader is closed
    return counting.submit(_counts, reader, tables).result


def _counts(reader: Session, tables: Sequence[Table]) -> tuple[Count, ...]:
    """Rows of every table; going back to the savepoint lets go of the tables, or DDL that comes in spite of the guard would hang on us."""
    rows(reader, "SAVEPOINT counting")
    found = known.counts(reader, tables)
    rows(reader, "ROLLBACK TO SAVEPOINT counting")
    return found


def _still(held: Still) -> tuple[Share, ...]:
    return (Share(held.tables, still=True, text=held.text),) if held.tables else ()
