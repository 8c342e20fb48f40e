"""The source `elasticsearch`: the indices of one cluster. Floor: tools."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from workers.artifact import Facts, Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Difference, Dump, Finding, Found, Meter, Place
from workers.sources.elasticsearch import doctor, home, looking, place, restore
from workers.sources.elasticsearch.bucket import BucketDump
from workers.sources.elasticsearch.dump import SnapshotDump, open_dump
from workers.sources.elasticsearch.index import Index as Files
from workers.sources.elasticsearch.index import read
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.session import Server, unheard
from workers.sources.elasticsearch.state import wanted


@dataclass(frozen=True, slots=True)
class ElasticsearchSource:
    """Reads and writes the cluster that `options` name. One stream: the cluster's nodes share the work among themselves."""

    options: ElasticsearchOptions
    password: SecretStr | None = None
    streams: int = 1
    meter: Meter = unheard

    def metered(self, meter: Meter) -> Self:
        """See MeteredSource."""
        return replace(self, meter=meter)

    def check(self) -> tuple[Finding, ...]:
        """Login, rights, health, the repository's folder, disks."""
        return doctor.examine(self._server)

    def size(self) -> int:
        """Bytes of all primaries; what the snapshot has from them is the same files."""
        with self._server.session("asking for its size") as client:
            return sum(index.bytes for index in wanted(client, self.options.indices).values())

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a full dump. Refused for other kinds, which need their parent."""
        if kind is not Kind.FULL:
            raise Refused(f"a {kind!s} backup of Elasticsearch needs the index of its parent")
        return open_dump(self._server, Files(), self._layout)

    def dump_since(self, kind: Kind, index: Iterable[tuple[Segment, Path]]) -> AbstractContextManager[Dump]:
        """Open a dump of the blobs that a parent, given by its plain index segments, does not hold. Corrupt where that is no index."""
        if kind not in (Kind.INCREMENTAL, Kind.DIFFERENTIAL):
            raise Refused(f"a backup of kind {kind!s} has no parent")
        return open_dump(self._server, read(index), self._layout)

    def select(self, order: Order, index: Iterable[tuple[Segment, Path]], segments: Sequence[Segment]) -> Order:
        """The same order with the indices that its patterns stand for; Refused where one stands for none."""
        return looking.select(order)

    def draws(self, facts: Facts, other: Facts) -> bool:
        """Whether blobs of a backup with these facts lie in the segments of another one."""
        return dict(other.extras).get("stream", "") in dict(facts.extras).get("streams", "").split()

    def find(self, pattern: str, index: Iterable[tuple[Segment, Path]]) -> Iterator[Found]:
        """The indices in a backup whose names match a pattern."""
        return looking.find(read(index), pattern)

    def compare(self, index: Iterable[tuple[Segment, Path]], *, thorough: bool = False) -> Iterator[Difference]:
        """What differs between a backup and the cluster now, by UUID and documents; nothing more `thorough` can be asked of it."""
        return looking.compare(self._server, read(index))

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
    def _layout(self) -> type[SnapshotDump]:
        return BucketDump if self.options.bucket else SnapshotDump

    @property
    def _server(self) -> Server:
        return Server(self.options, self.password, self.meter)
