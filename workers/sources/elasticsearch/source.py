"""The source `elasticsearch`: the indices of one cluster. Floor: tools."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.artifact import Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Dump, Finding, Place
from workers.sources.elasticsearch import doctor, home, place, restore
from workers.sources.elasticsearch.dump import open_dump
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.state import indices


@dataclass(frozen=True, slots=True)
class ElasticsearchSource:
    """Reads and writes the cluster that `options` name. One stream: the cluster's nodes share the work among themselves."""

    options: ElasticsearchOptions
    password: SecretStr | None = None
    streams: int = 1

    def check(self) -> tuple[Finding, ...]:
        """Login, rights, health, the repository's folder, disks."""
        return doctor.examine(self._server)

    def size(self) -> int:
        """Bytes of all primaries; what the snapshot has from them is the same files."""
        with self._server.session("asking for its size") as client:
            return sum(index.bytes for index in indices(client, self.options.indices).values())

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a full dump. Refused for other kinds, which need their parent."""
        if kind is not Kind.FULL:
            raise Refused(f"a {kind!s} backup of Elasticsearch needs the index of its parent")
        return open_dump(self._server)

    def place(self, into: str) -> Place:
        """What stands at a place now: the indices themselves (`indices`), or those whose names begin with a word."""
        return place.place(self._server, into)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Prove that the cluster can take it; Refused where names are used and `order.confirm` does not allow it."""
        restore.prepare(self._server, order)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Put one pack of blobs into the rebuilt repository; several at once are fine."""
        home.keep(home.home(self.options, order), [(segment, plain)])

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Prove the repository, let the cluster restore from it, count."""
        return restore.finish(self._server, order, rest)

    @property
    def _server(self) -> Server:
        return Server(self.options, self.password)
