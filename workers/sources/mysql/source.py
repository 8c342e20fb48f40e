"""The source `mysql`: one database of a MySQL or MariaDB server. Floor: tools."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from workers.artifact import Facts, Kind, Log, Order, Outcome, Segment, Statement
from workers.errors import Failure, Refused
from workers.gentle import UNTHROTTLED, Gentle
from workers.plans.values import SCRATCH
from workers.ports import Dump, Finding, Ground, Past, Place, Replaying, Trial, TrialGround
from workers.sources.mysql import doctor, restore, touching
from workers.sources.mysql import facts as identities
from workers.sources.mysql import trial as trials
from workers.sources.mysql.definitions import read_tables
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.logs import doctor as logs_doctor
from workers.sources.mysql.logs.bundles import unbundle
from workers.sources.mysql.logs.shipping import open_shipping
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import datadir, directory, known
from workers.sources.mysql.physical import doctor as physical_doctor
from workers.sources.mysql.physical import restore as physical
from workers.sources.mysql.physical import sweeping as physical_sweeping
from workers.sources.mysql.physical import trial as physical_trial
from workers.sources.mysql.physical.dump import open_physical
from workers.sources.mysql.replay import running
from workers.sources.mysql.replay.chain import everything
from workers.sources.mysql.replay.finding import find
from workers.sources.mysql.session import Server, open_server


@dataclass(frozen=True, slots=True)
class MysqlSource:
    """Reads and writes the database that `options` name; `streams` dump processes share one snapshot, as gently as it is told.

    Its scratch servers live in `scratch_dir`. `peopled`: see Server.
    """

    options: MysqlOptions
    password: SecretStr | None = None
    streams: int = 1
    gentle: Gentle = UNTHROTTLED
    peopled: bool = True
    scratch_dir: Path = SCRATCH

    def check(self) -> tuple[Finding, ...]:
        """Login, versions, privileges (with their GRANT), binary log, limits, clocks."""
        if self.options.mode == known.MODE:
            return physical_doctor.examine(self.options, self.password, self.scratch_dir)
        return doctor.examine(self.options, self.password, self.gentle.ceiling)

    def size(self) -> int:
        """Bytes of all rows by the server's estimate; of a physical full, those of the server's files."""
        server = self._server()
        if self.options.mode == known.MODE:
            with told(Moment(self.options, "reading sizes")), closing(server.connect()) as session:
                return datadir.look(session).bytes
        with told(Moment(self.options, "reading sizes")), closing(server.connect(self.options.database)) as session:
            return sum(table.bytes for table in read_tables(server, session))

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a full dump. Refused for other kinds."""
        if kind is not Kind.FULL:
            raise Refused(f"a dump of a database is full; kind {kind!s} is made of its binary logs")
        return self._dump()

    @contextmanager
    def _dump(self) -> Iterator[Dump]:
        server, whole = self._server(), self.options.mode == known.MODE
        opened = open_physical(server, self.scratch_dir, self.streams) if whole else open_dump(server, self.streams, self.gentle)
        with opened as dump:
            yield dump

    def identity(self) -> str:
        """What tells the server from others: `server_uuid`, or what MariaDB has instead."""
        server = self._server()
        with told(Moment(self.options, "asking the server who it is")), closing(server.connect()) as session:
            return identities.identity(server, session)

    def ship(self, past: Past) -> AbstractContextManager[Dump]:
        """Open a shipping of the binary logs that were not shipped yet."""
        return self._ship(past)

    @contextmanager
    def _ship(self, past: Past) -> Iterator[Dump]:
        with open_shipping(self._server(), past) as dump:
            yield dump

    def check_logs(self, every: timedelta) -> tuple[Finding, ...]:
        """Program, privileges, expiry against the interval; nothing where the server cannot be reached, which `check` says."""
        try:
            return logs_doctor.examine(self._server(), every)
        except Failure:
            return ()

    def check_replay(self, facts: Facts) -> Finding:
        """Whether this host has the programs for a replay."""
        return running.able(facts, self.options.tools)

    def prove_logs(self, order: Order, ground: Ground) -> None:
        """Prove the path."""
        running.proven(order, ground)

    def replaying(self, order: Order, ground: Ground) -> AbstractContextManager[Replaying]:
        """Prove the path and start a scratch server, on the unpacked files where the full is a physical one."""
        return running.running(order, ground, self.options.tools)

    def scratch(self, folder: Path) -> "MysqlSource":
        """The scratch server that runs in a folder."""
        return MysqlSource(*running.access(folder, self.options.tools), streams=self.streams, peopled=False)

    def unpack(self, logs: Iterable[Log], segments: Iterable[Path], folder: Path) -> tuple[Path, ...]:
        """The log files of one backup, proven."""
        return unbundle(logs, segments, folder)

    def find(self, logs: Path, words: str) -> Iterator[Statement]:
        """The statements in a folder of logs that hold these words."""
        return find(everything(logs), words)

    def place(self, into: str) -> Place:
        """What stands in the database `into` now, or, where it is a path, in that folder of the host."""
        return directory.look(into) if into.startswith("/") else restore.place(self._server(), into)

    def touched(self, order: Order) -> tuple[str, ...]:
        """Foreign keys and triggers of live tables that are to be replaced, in words."""
        return touching.touched(self._server(), order)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Make the database and its tables, or the folder of a new server; Refused where something stands there, or no server fits.

        What holds something is made anew only where `order.confirm` allows it.
        """
        if _is_physical(order):
            physical.prepare(self.options, order, self._live(order), self.scratch_dir)
        else:
            restore.prepare(self._server(logged=not order.scratch), order, schema)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Load one data segment; several at once are fine."""
        if _is_physical(order):
            physical.load(order, plain, self.scratch_dir)
        else:
            restore.load(self._server(logged=not order.scratch), order, segment, plain)

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Load corrections and post-data, and accounts where the order says so; then count. A new server is tried, then handed over."""
        if _is_physical(order):
            return physical.finish(self.options, order, self._live(order), self.scratch_dir)
        return restore.finish(self._server(logged=not order.scratch), order, rest)

    def sweep(self) -> int:
        """Remove what lost workers left in the folder of scratch servers; how many."""
        return physical_sweeping.sweep(self.options, self.password, self.scratch_dir)

    def _live(self, order: Order) -> Server | None:
        """The server that an order goes into; None where it makes one."""
        return None if order.server else self._server(logged=not order.scratch)

    def trial(self, order: Order, ground: TrialGround) -> AbstractContextManager[Trial]:
        """A scratch server, or a database of a reserved name beside the live one; of a physical full always a scratch server."""
        return self._trial(order, ground)

    @contextmanager
    def _trial(self, order: Order, ground: TrialGround) -> Iterator[Trial]:
        way = physical_trial.trial if _is_physical(order) else trials.trial
        with way(self.options, self._server, order, ground) as found:
            yield found

    def clear_trial(self, run: str) -> None:
        """Drop the database of a trial."""
        trials.drop(self._server(), run)

    def trials(self) -> tuple[str, ...]:
        """The runs whose trials still have a database."""
        return trials.left(self._server())

    def _server(self, *, logged: bool = True) -> Server:
        return replace(open_server(self.options, self.password), logged=logged, peopled=self.peopled, manners=self.gentle.manners)


def _is_physical(order: Order) -> bool:
    """By what the backup is, whatever the settings say now."""
    if order.server and order.facts.mode != known.MODE:
        raise Refused(f"{order.backup} is a logical backup of one database and makes no server; restore it with into=")
    return order.facts.mode == known.MODE
