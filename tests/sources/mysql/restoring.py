"""A dump and its way back: segments as the steps hand them over, and orders for other places."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.sources.mysql.conftest import Ground
from workers.artifact import Facts, Form, Order, Outcome, Role, Segment
from workers.ports import Block
from workers.sources.mysql import restore
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.script import Definition, write
from workers.sources.mysql.session import Server

Piece = tuple[Segment, Path]


@dataclass(frozen=True)
class Journey:
    """One dump, cut into segments (data after every block), and the server it goes back to."""

    ground: Ground
    server: Server
    facts: Facts
    pieces: list[Piece]

    def order(self, into: str | None = None, confirm: str | None = None, **facts: object) -> Order:
        """An order into a new database, which the test's end drops; `facts` differ from the dump's."""
        into = into or f"r_{secrets.token_hex(4)}"
        self.ground.made += [f"DROP DATABASE IF EXISTS `{into}{end}`" for end in ("", "_canvasback_new", "_canvasback_old")]
        return Order("20261122T000000Z-full-9f3a11c2", self.facts.place, into, replace(self.facts, **facts), confirm)

    def only(self, *tables: str, into: str | None = None) -> Order:
        """An order for single tables: into another database, or, where none is named, over the live ones."""
        live = into is None
        return replace(self.order(into or self.facts.place, "community" if live else None), objects=tables)

    def of(self, *roles: Role) -> list[Piece]:
        return [piece for piece in self.pieces if piece[0].role in roles]

    def prepare(self, order: Order) -> None:
        restore.prepare(self.server, order, self.of(Role.SCHEMA))

    def load(self, order: Order, pieces: Iterable[Piece] | None = None) -> None:
        for segment, plain in self.of(Role.DATA) if pieces is None else pieces:
            restore.load(self.server, order, segment, plain)

    def finish(self, order: Order) -> Outcome:
        return restore.finish(self.server, order, self.of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, Role.ACCOUNTS))

    def back(self, order: Order) -> Outcome:
        """All of it."""
        self.prepare(order)
        self.load(order)
        return self.finish(order)

    def also(self, *definitions: Definition) -> None:
        """Carry these in one more segment of post-data, as if the dump had."""
        data = b"".join(block.data for block in write(definitions))
        self.pieces.append(piece(self.ground.folder, len(self.pieces) + 1, Role.POST_DATA, data))


def depart(ground: Ground, sql: str, name: str | None = None) -> Journey:
    """Dump a new database that `sql` fills."""
    return journey_of(ground, ground.target(ground.database(sql, name)))


def journey_of(ground: Ground, server: Server) -> Journey:
    """Dump a database that is there."""
    pieces: list[Piece] = []
    with open_dump(server, 1) as dump:
        for part in dump.parts():
            blocks = list(part.blocks)
            if part.role is not Role.DATA:
                blocks = [Block(b"".join(block.data for block in blocks))]
            pieces += [piece(ground.folder, len(pieces) + n, part.role, b.data, part.charset, b.objects) for n, b in enumerate(blocks, 1)]
        return Journey(ground, server, dump.facts(), pieces)


def piece(folder: Path, number: int, role: Role, data: bytes, charset: str | None = "utf8mb4", objects: tuple[str, ...] = ("t",)) -> Piece:
    path = folder / f"{secrets.token_hex(4)}.{number:06}.{role}"
    path.write_bytes(data)
    return Segment(number, str(role), role, Form(len(data), ""), objects, charset), path


def big(hundreds: int) -> str:
    """A table without a key of so many hundred rows of about 1 kB."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    rows = f"SELECT a.i * 100 + b.i, REPEAT(CHAR(97 + b.i % 26), 1000) FROM n a JOIN n b WHERE a.i <= {hundreds}"
    return f"CREATE TABLE big (i INT, t TEXT); INSERT INTO big {numbers} {rows};"
