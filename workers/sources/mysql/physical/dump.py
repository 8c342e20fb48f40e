"""One physical full: opened, read in parts, proven by its facts. Floor: tools."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from workers.artifact import Count, Facts, Position, Role
from workers.errors import Permanent
from workers.ports import Block, Dump, Part
from workers.sources.mysql import facts as identities
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.physical import datadir as directories
from workers.sources.mysql.physical import known, pieces, xbstream
from workers.sources.mysql.physical.backup import Backup
from workers.sources.mysql.physical.clone import cloned
from workers.sources.mysql.physical.lanes import lanes, size
from workers.sources.mysql.physical.privileges import require
from workers.sources.mysql.place import SYSTEM
from workers.sources.mysql.scratch.binaries import of_series
from workers.sources.mysql.scratch.copied import DATA, as_it_is
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour, Program, Tool

_VIEW = b"TYPE=VIEW"


@contextmanager
def open_physical(server: Server, scratch: Path, streams: int) -> Iterator[Dump]:
    """Open a physical full; the thread that calls MUST outlive it. Leaving removes the copy and ends every child."""
    with ExitStack() as stack:
        with told(Moment(server.options, "opening a physical backup", running=True)):
            session = stack.enter_context(closing(server.connect()))
            require(server, session)
            there = directories.look(session)
        if server.flavour is Flavour.MYSQL:
            of_series(server.flavour, server.version, server.options.tools)  # it tries the copy at the end: better refused now
            yield CloneDump(server, stack.enter_context(cloned(server, scratch, there)), streams, there)
        else:
            tool = server.tool(Program.BACKUP)
            option_file = stack.enter_context(server.option_file())
            backup = Backup(tool, option_file, streams)
            stack.callback(backup.end)
            yield StreamDump(server, tool, backup, there)


@dataclass(frozen=True, slots=True)
class CloneDump:
    """A copy that MySQL made of itself, in `place`."""

    server: Server
    place: Path
    streams: int
    datadir: directories.Datadir

    def parts(self) -> Iterator[Part]:
        """All files, in as many readers as there are streams."""
        first, *beside = lanes(self.place / DATA, self.streams)
        yield Part("data", Role.DATA, first, beside=tuple(beside))

    def facts(self) -> Facts:
        """What the copy says of itself when a server is started on it: nobody else knows its position.

        Permanent where it does not start, is not complete, or holds tables of which a clone copies no rows.
        """
        bytes_ = size(self.place / DATA)
        facts = _facts(self.server, self.datadir, bytes_)
        with as_it_is(known.wished(facts, self.place.parent, self.server.options.tools), self.place) as running:
            position, moment = known.copied(running)
            found = known.held(running)
        if found.strange:
            raise Permanent(
                f"a clone copies no row of tables that are not InnoDB: {', '.join(found.strange[:10])}; ALTER TABLE … ENGINE=InnoDB,"
                " or back up logically"
            )
        version = of_series(self.server.flavour, self.server.version, self.server.options.tools).daemon
        return _whole(facts, found, position, moment or datetime.now(UTC), ((version.path.name, version.version),))


@dataclass
class StreamDump:
    """A running mariadb-backup."""

    server: Server
    tool: Tool
    backup: Backup
    datadir: directories.Datadir
    _definitions: dict[str, bytes] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)
    _position: bytes = b""
    _bytes: int = 0

    def parts(self) -> Iterator[Part]:
        """All files; one reader, for there is one stream."""
        yield Part("data", Role.DATA, self._blocks())

    def _blocks(self) -> Iterator[Block]:
        for chunk in xbstream.chunks(self.backup.read):
            self._look(chunk)
            yield from pieces.blocks(chunk.file, chunk.offset, memoryview(chunk.data))
        self.backup.judge()

    def _look(self, chunk: xbstream.Chunk) -> None:
        """Take down what the facts are made of."""
        path = PurePosixPath(chunk.file)
        self._bytes += len(chunk.data)
        if path.suffix == ".isl":
            raise Permanent(
                f"{chunk.file} is of a table outside the data directory, which a restore would put there again: back up logically"
            )
        if len(path.parts) == 2 and path.parts[0] not in SYSTEM:
            self._folders.add(path.parts[0])
            if path.suffix == ".frm" and not path.name.startswith("#") and not chunk.data.startswith(_VIEW):
                self._definitions[str(path.with_suffix(""))] = chunk.data
        elif chunk.file == known.POSITION:
            self._position += chunk.data

    def facts(self) -> Facts:
        """What came by in the stream. Permanent where the process did not say that it is complete."""
        self.backup.judge()
        with told(Moment(self.server.options, "naming what was backed up", running=True)), closing(self.server.connect()) as session:
            found = self._held(session)
        facts = _facts(self.server, self.datadir, self._bytes)
        return _whole(facts, found, known.told_by(self._position), self.backup.instant, ((self.tool.path.name, self.tool.version),))

    def _held(self, session: Session) -> known.Held:
        sql = "SELECT table_schema, table_name, COALESCE(table_rows, 0) FROM information_schema.tables"
        estimates = {f"{schema}.{name}": int(count) for schema, name, count in rows(session, sql)}
        folders = {folder: _named(session, folder) for folder in sorted(self._folders)}
        names = sorted(
            f"{folders[folder]}.{_named(session, name)}" for folder, _, name in (each.partition("/") for each in self._definitions)
        )
        digest = hashlib.sha256()
        for name, definition in sorted(self._definitions.items()):
            digest.update(name.encode() + b"\0" + hashlib.sha256(definition).digest())
        counts = tuple(Count(name, estimates.get(name, 0), exact=False) for name in names)
        return known.Held(counts, tuple(sorted(folders.values())), digest.hexdigest())


def _named(session: Session, file: str) -> str:
    """The name behind a file's: `t@0040b` → `t@b`; only the server knows how."""
    return str(value(session, f"SELECT CONVERT(_filename 0x{file.encode().hex()} USING utf8mb4)"))


def _facts(server: Server, datadir: directories.Datadir, bytes_: int) -> Facts:
    """What is known before the files were looked at."""
    with told(Moment(server.options, "asking the server who it is", running=True)), closing(server.connect()) as session:
        extras = known.lasting(server, session)
        identity = identities.identity(server, session)
    own = (("mode", known.MODE), ("bytes", str(bytes_)), ("owner", ":".join(map(str, datadir.owner))))
    return Facts(identity, server.flavour, server.version, server.options.database, datetime.now(UTC), extras=(*own, *extras))


def _whole(facts: Facts, found: known.Held, position: Position | None, moment: datetime, tools: tuple[tuple[str, str], ...]) -> Facts:
    """The facts, with what was found; Permanent where the target's own database is not among it."""
    if facts.place not in found.databases:
        raise Permanent(f"database {facts.place!r} does not exist on the server; check `databases` in the settings")
    return replace(
        facts,
        snapshot=moment,
        counts=found.counts,
        fingerprint=found.fingerprint,
        position=position,
        tools=tools,
        extras=(*facts.extras, ("databases", ", ".join(found.databases))),
    )
