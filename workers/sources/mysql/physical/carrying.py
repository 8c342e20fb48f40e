"""A database whole from one place to another: a full backup onto the scratch server, and from there to its destination. Floor: tools.

The same restore code does both, so the destination may have any name, and what the rename of a database changes is told as ever.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from workers.artifact import Facts, Form, Order, Outcome, Role, Segment
from workers.errors import Permanent
from workers.ports import Part
from workers.sources.mysql import restore
from workers.sources.mysql.dump import MysqlDump, open_dump
from workers.sources.mysql.session import Server

Piece = tuple[Segment, Path]
MIB = 1 << 20
HANDS = 4  # connections that load; so many pieces are on disk at once
_PIECE = 16 * MIB  # bytes of a piece of data: what one connection loads at a time, in one transaction


@dataclass(frozen=True, slots=True)
class Load:
    """What is loaded: the definitions, rows piece by piece, and what comes after the rows. Pieces of rows are removed when they are in."""

    schema: tuple[Piece, ...]
    data: Iterator[Piece]
    rest: tuple[Piece, ...]


def carry(source: Server, destination: Server, order: Order, folder: Path) -> Outcome:
    """Bring the database of a scratch server to the place of an order, over files in a folder, and prove its counts.

    The order's facts are taken from the scratch server. Raises what a restore raises; Permanent where the counts differ.
    """
    with open_dump(_without_accounts(source), HANDS) as dump:
        facts = dump.facts()  # nobody else writes there, so they are the same before and after
        outcome = load(destination, replace(order, facts=_as_original(facts, order)), _taken(dump, folder))
    if missing := set(facts.counts) - set(outcome.counts):
        wrong = ", ".join(f"{count.name} ({count.rows} expected)" for count in sorted(missing, key=lambda count: count.name))
        raise Permanent(f"carried over, but not equal to the scratch server: {wrong}")
    return outcome


def load(server: Server, order: Order, what: Load) -> Outcome:
    """Load everything of a backup, rows over several connections. Raises what a restore raises; the first failure ends it."""
    restore.prepare(server, order, what.schema)
    with ThreadPoolExecutor(HANDS) as pool:
        going: set[Future[None]] = set()
        for piece in what.data:
            if len(going) >= HANDS:
                done, going = wait(going, return_when=FIRST_COMPLETED)
                _judge(done)
            going.add(pool.submit(_one, server, order, piece))
        _judge(going)
    return restore.finish(server, order, (*what.schema, *what.rest))


def _judge(done: Iterable[Future[None]]) -> None:
    for ended in done:
        ended.result()


def _one(server: Server, order: Order, piece: Piece) -> None:
    segment, path = piece
    restore.load(server, order, segment, path)
    path.unlink()


def _taken(dump: MysqlDump, folder: Path) -> Load:
    """The parts of a dump as pieces. What comes after the rows is written before them, as it is small."""
    writer = _Writer(folder)
    small: dict[Role, tuple[Piece, ...]] = {}
    rows: list[Part] = []
    for part in dump.parts():
        if part.role is Role.DATA:
            rows.append(part)
        else:
            small[part.role] = (*small.get(part.role, ()), writer.whole(part))
    data = (piece for part in rows for piece in writer.cut(part))
    return Load(small.get(Role.SCHEMA, ()), data, small.get(Role.CORRECTION, ()) + small.get(Role.POST_DATA, ()))


class _Writer:
    """Numbers pieces and writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0

    def whole(self, part: Part) -> Piece:
        """A part as one piece."""
        return self._piece(part, [block.data for block in part.blocks], ())

    def cut(self, part: Part) -> Iterator[Piece]:
        """A part as pieces of some size, cut between statements."""
        held: list[bytes] = []
        objects: set[str] = set()
        for block in part.blocks:
            held.append(block.data)
            objects.update(block.objects)
            if sum(map(len, held)) >= _PIECE:
                yield self._piece(part, held, tuple(sorted(objects)))
                held, objects = [], set()
        if held:
            yield self._piece(part, held, tuple(sorted(objects)))

    def _piece(self, part: Part, blocks: list[bytes], objects: tuple[str, ...]) -> Piece:
        self.number += 1
        path = self.folder / f"{self.number:06}.{part.name}"
        with path.open("wb") as file:
            file.writelines(blocks)
        segment = Segment(self.number, part.name, part.role, Form(path.stat().st_size, ""), objects, part.charset)
        return segment, path


def _without_accounts(source: Server) -> Server:
    """A scratch server has none but its own."""
    return replace(source, options=source.options.model_copy(update={"accounts": False}))


def _as_original(facts: Facts, order: Order) -> Facts:
    """The scratch server's facts, under the identity of the backup: whose data they are does not change on the way."""
    return replace(facts, identity=order.facts.identity, version=order.facts.version, extras=order.facts.extras)
