"""What tests of restores have in common: a dump in files, and the way back in one go."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workers.artifact import Facts, Form, Kind, Order, Outcome, Role, Segment
from workers.sources.redis.session import Server
from workers.sources.redis.source import RedisSource

BACKUP = "20261122T000000Z-full-9f3a11c2"


@dataclass(frozen=True)
class Taken:
    """A dump: its segments as files, and its facts."""

    pieces: list[tuple[Segment, Path]]
    facts: Facts

    @property
    def rdb(self) -> bytes:
        return b"".join(path.read_bytes() for _, path in self.pieces)

    def of(self, *roles: Role) -> Iterator[tuple[Segment, Path]]:
        return (piece for piece in self.pieces if piece[0].role in roles)

    def order(self, into: str, **changes: Any) -> Order:
        return replace(Order(BACKUP, self.facts.place, into, self.facts), **changes)


def source(server: Server) -> RedisSource:
    return RedisSource(server.options, server.password)


def take(server: Server, folder: Path) -> Taken:
    pieces = []
    with source(server).dump(Kind.FULL) as dump:
        for part in dump.parts():
            data = b"".join(block.data for block in part.blocks)
            path = folder / f"{len(pieces)}.plain"
            path.write_bytes(data)
            pieces.append((Segment(len(pieces) + 1, part.name, part.role, Form(len(data), hashlib.sha256(data).hexdigest())), path))
        return Taken(pieces, dump.facts())


def bring(server: Server, taken: Taken, order: Order) -> Outcome:
    made = source(server)
    made.prepare(order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        made.load(order, *piece)
    return made.finish(order, taken.of(Role.SCHEMA, Role.POST_DATA))


def digest(client: Any) -> str:
    """Redis's own digest of everything in all databases, expiry included."""
    return str(client.execute_command("DEBUG", "DIGEST"))


def words(finding: Any) -> str:
    return f"{finding.what}: {finding.found} {finding.remedy}"
