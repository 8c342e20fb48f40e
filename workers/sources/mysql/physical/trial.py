"""A physical full is tried: its files come into a folder of their own, and a server on them checks every table. Floor: tools."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order, Outcome, Segment
from workers.errors import Permanent
from workers.ports import Look, TrialGround
from workers.sources.mysql.looking import Looking
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import known, proving, restore
from workers.sources.mysql.physical.directory import Directory
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch.copied import as_it_is
from workers.sources.mysql.scratch.server import Scratch
from workers.sources.mysql.session import Server

Piece = tuple[Segment, Path]


@dataclass(slots=True)
class PhysicalTrial:
    """A place for one trial. `up` ends the server on the files, which runs from `finish` on; `live`: see Looking."""

    options: MysqlOptions
    live: Callable[[], Server]
    order: Order
    up: ExitStack
    running: Scratch | None = None

    @property
    def where(self) -> str:
        """In words."""
        return f"scratch server ({self.order.facts.flavour}) on the files of the whole server"

    @property
    def directory(self) -> Directory:
        """Where the files are."""
        return Directory(Path(self.order.server))

    def prepare(self, schema: Iterable[Piece]) -> None:
        """The folder was made beforehand; files need no definitions."""
        _read(schema)

    def load(self, segment: Segment, plain: Path) -> None:
        """Unpack one segment."""
        restore.load(self.order, plain, self.directory.place.parent)

    def finish(self, rest: Iterable[Piece]) -> Outcome:
        """Start a server on the files, and let it count and check every table of every database."""
        _read(rest)
        home, data = self.directory.part, self.directory.data
        proving.make_ready(self.order, data, self.options.tools)
        self.running = self.up.enter_context(as_it_is(known.wished(self.order.facts, home, self.options.tools), home))
        counts = proving.held_by(self.order, self.running, data)
        proving.check(self.running)
        return Outcome(counts)

    def look(self) -> Look:
        """Every foreign key of the target's database followed, and its columns searched for duplicates."""
        if self.running is None:
            raise Permanent(f"{self.order.backup} was not restored, and cannot be looked at")
        return Looking(self.running.server, self.order.facts.place, self.options, self.live).look()

    def blame(self) -> str:
        """The host, as `ending` tells. A server that ends for anything else has met what is wrong with its files."""
        process = self.running.process if self.running is not None else None
        silent = self.running is not None and not self.running.answers()
        return ending.blame(process, self.directory.part, silent=silent)


@contextmanager
def trial(options: MysqlOptions, live: Callable[[], Server], order: Order, ground: TrialGround) -> Iterator[PhysicalTrial]:
    """The files of a whole server, and a server on them, as long as the block lasts.

    Refused where this host has not the program or the room: there is no way to try it beside live data.
    """
    ground.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    restore.prepare(options, order, None, ground.folder)
    with ExitStack() as up:
        up.callback(Directory(Path(order.server)).clear)
        yield PhysicalTrial(options, live, order, up)


def _read(pieces: Iterable[Piece]) -> None:
    """Have them brought and proven, though nobody needs them."""
    for _ in pieces:
        pass
