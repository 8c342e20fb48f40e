"""A backup is tried: in a scratch server of its own where this host has the program, else beside the live database. Floor: tools.

Either way it is gone when the block ends. In a scratch server names are unchanged and everything comes back; beside the live
database the trial has a name that is kept for it, stays out of the binary log, and leaves out what names the original.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workers.artifact import Order, Outcome, Segment
from workers.errors import Failure, Refused
from workers.ports import Look, TrialGround
from workers.sources.mysql import reserved, restore
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.looking import Looking
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.scratch import binaries, ending
from workers.sources.mysql.scratch.home import full
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import Server, rows
from workers.sources.mysql.tools import Flavour

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
        if ending.status(self.scratch.process, silent=not self.scratch.answers()) is not None:
            return f"the scratch server ended: {ending.last_words(self.scratch.log)}"
        return full(self.scratch.home)

    def look(self) -> Look:
        """Every foreign key followed, and the configured columns searched for duplicates; what is wrong is compared with the live data."""
        return Looking(self.server, self.order.into, self.options, self.live).look()


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
