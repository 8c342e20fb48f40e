"""The source `redis`: all databases of one server. Floor: tools."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.artifact import Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Dump, Finding, Place
from workers.sources.redis import doctor, place, restore
from workers.sources.redis.aof import METHOD, open_aof
from workers.sources.redis.dump import open_dump
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.session import Server
from workers.sources.redis.state import look


@dataclass(frozen=True, slots=True)
class RedisSource:
    """Reads and writes the server that `options` name. One stream: a second fork would cost the server more than it saves."""

    options: RedisOptions
    password: SecretStr | None = None
    streams: int = 1

    def check(self) -> tuple[Finding, ...]:
        """Login, rights, memory and disk for a fork, programs, whether it is the broker itself."""
        return doctor.examine(self._server)

    def size(self) -> int:
        """Bytes of all values in memory; the RDB is smaller where they compress."""
        with self._server.session("asking for its size") as client:
            return look(client).bytes

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a full dump. Refused for other kinds."""
        if kind is not Kind.FULL:
            raise Refused(f"Redis has no {kind!s} backups: each is a full one")
        return open_aof(self._server) if self.options.method == METHOD else open_dump(self._server)

    def place(self, into: str) -> Place:
        """What stands at a place now: this server (`redis`), another one (`host:port`), a file (a plain name)."""
        return place.place(self._server, into)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Prove that place and host fit; Refused where something stands there and `order.confirm` does not allow it."""
        restore.prepare(self._server, order, schema)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Keep one piece of the RDB; several at once are fine."""
        restore.load(self._server, order, segment, plain)

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Put the RDB together, prove it on a scratch server, bring it to its place and count."""
        return restore.finish(self._server, order, rest)

    @property
    def _server(self) -> Server:
        return Server(self.options, self.password)
