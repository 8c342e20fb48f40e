"""A backup is tried: in a scratch server of its own where this host has the program, else beside the live database. Floor: tools.

Either way it is gone when the block ends. In a scratch server names are unchanged and everything comes back; beside the live
database the trial has a name that is kept for it, stays out of the binary log, and leaves out what names the original.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workers.artifact import Order, Outcome, Segment
from workers.errors import Failure, Refused
from workers.ports import Flaw, Look, TrialGround
from workers.sources.mysql import place, relations, reserved, restore
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.hands import Work, each
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.relations import Relation
from workers.sources.mysql.scratch import binaries
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, last_words, scratch
from workers.sources.mysql.session import Server, Session, rows
from workers.sources.mysql.tools import Flavour

_FULL = 64 << 20  # bytes; a scratch server whose disk has less left is no judge of a backup
_NAMES = "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE %s"


@dataclass(frozen=True, slots=True)
class MysqlTrial:
    """A place for one trial. `live` asks for the server whose data it is compared with."""

    where: str
    server: Server
    order: Order
    options: MysqlOptions
    live: Callable[[], Server]
    scratch: Scratch | None = None

    def prepare(self, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Make the database and its tables."""
        restore.prepare(self.server, self.order, schema)

    def load(self, segment: Segment, plain: Path) -> None:
        """Load one data segment."""
        restore.load(self.server, self.order, segment, plain)

    def finish(self, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Keys, corrections, views and programs; then definitions compared and rows counted."""
        return restore.finish(self.server, self.order, rest)

    def blame(self) -> str:
        """Why the place itself, and not the backup, may be what went wrong; "" where nothing says so."""
        if self.scratch is None:
            return _silent(self.server)
        if self.scratch.process.poll() is not None:
            return f"the scratch server ended: {last_words(self.scratch.log)}"
        return f"the disk of {self.scratch.home.parent} is full" if shutil.disk_usage(self.scratch.home).free < _FULL else ""

    def look(self) -> Look:
        """Every foreign key followed, and the configured columns searched for duplicates; what is wrong is compared with the live data."""
        name, keys = self.order.into, relations.relations(self.server, self.order.into)
        work, columns = Work(self.server, name, "looking at"), self.options.duplicates
        lost = zip(keys, each(work, relations.orphans, keys), strict=True)
        twice = zip(columns, each(work, relations.duplicates, columns), strict=True)
        flaws = [self._orphans(key, found) for key, found in lost if found != 0]
        flaws += [self._duplicates(column, found) for column, found in twice if found]
        return Look(tuple(f"{key.table} → {key.parent} ({key.name})" for key in keys), tuple(columns), tuple(flaws))

    def _orphans(self, key: Relation, found: int | None) -> Flaw:
        if found is None:  # its parent is in a database that is not in this backup
            return Flaw(relations.words(key, found), own=False)
        here = replace(key, schema=self.options.database) if key.schema == self.order.into else key
        return Flaw(relations.words(key, found), self._own(lambda session: relations.orphans(session, here) == 0))

    def _duplicates(self, column: str, found: int) -> Flaw:
        words = f"{column}: {found:,} values in more than one row"
        return Flaw(words, self._own(lambda session: not relations.duplicates(session, column)))

    def _own(self, fine: Callable[[Session], bool]) -> bool | None:
        """Whether the live data are fine, so that the backup is not; None where they cannot be asked."""
        try:
            with place.inside(self.live(), self.options.database, "comparing with") as session:
                return fine(session)
        except Failure:
            return None


@contextmanager
def trial(options: MysqlOptions, live: Callable[[], Server], order: Order, ground: TrialGround) -> Iterator[MysqlTrial]:
    """A place for a trial as long as the block lasts. Refused where neither can be had."""
    facts = order.facts
    try:
        binaries.find(Flavour(facts.flavour), facts.version, options.tools)
    except Refused:
        with _beside(options, live, order, ground) as found:
            yield found
    else:
        with scratch(_wish(options, order, ground)) as running:
            alone = replace(order, into=facts.place, confirm=None, scratch=False)
            yield MysqlTrial(f"scratch server ({facts.flavour})", running.server, alone, options, live, running)


@contextmanager
def _beside(options: MysqlOptions, live: Callable[[], Server], order: Order, ground: TrialGround) -> Iterator[MysqlTrial]:
    server, name = replace(live(), logged=False), reserved.name(ground.run)
    try:
        aside = replace(order, into=name, confirm=None, scratch=True)
        yield MysqlTrial(f"database {name}, beside the live one", server, aside, options, live)
    finally:
        drop(server, ground.run)


def drop(server: Server, run: str) -> None:
    """Drop the database of a trial, should it be there; the binary log does not hear of it."""
    quiet = replace(server, logged=False)
    with told(Moment(server.options, "dropping a trial", running=True)), closing(quiet.connect()) as session:
        rows(session, f"DROP DATABASE IF EXISTS {quoted(reserved.name(run))}")


def left(server: Server) -> tuple[str, ...]:
    """The runs whose trials still have a database on the live server."""
    with told(Moment(server.options, "looking for trials")), closing(server.connect()) as session:
        found = [str(name) for (name,) in rows(session, _NAMES, (reserved.PREFIX.replace("_", r"\_") + "%",))]
    return tuple(run for name in found if (run := reserved.run_of(name)))


def _wish(options: MysqlOptions, order: Order, ground: TrialGround) -> Wish:
    extras = dict(order.facts.extras)
    return Wish(
        parent=ground.folder,
        flavour=Flavour(order.facts.flavour),
        version=order.facts.version,
        tools=options.tools,
        room=ground.room,
        database=order.facts.place,
        server_id=int(extras.get("server_id", "0")),
        extra=tuple((name, extras[name]) for name in ("lower_case_table_names",) if name in extras),
    )


def _silent(server: Server) -> str:
    try:
        server.connect().close()
    except Failure as failure:
        return failure.reason
    return ""
