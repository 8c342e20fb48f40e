"""One dump: a snapshot of the cluster's own, then the files that it needs, read from the repository and proven. Floor: tools.

Definitions (schema), blobs (data), tables of contents (post-data), index. Blobs of indices that did not change are the same files in the
next backup, so they make the same segments; tables are written anew by each snapshot.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain

from elasticsearch import Elasticsearch

from workers.artifact import Count, Facts, Role
from workers.errors import Failure, Permanent
from workers.ports import Block, Part
from workers.sources.elasticsearch import repository, snapshot
from workers.sources.elasticsearch.contents import LATEST, Contents, contents
from workers.sources.elasticsearch.index import Head, Held, blocks
from workers.sources.elasticsearch.index import Index as Files
from workers.sources.elasticsearch.packs import packed
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.snapshot import Taken
from workers.sources.elasticsearch.state import (
    BACKING,
    FAILURES,
    Cluster,
    Definitions,
    Index,
    batches,
    definitions,
    failures,
    fingerprint,
    indices,
    look,
    owners,
    red,
    shut,
    streams,
    wanted,
)

LIVE = "indices"  # the place that is read: the indices under their own names
INDICES, BLOBS, TABLES, INDEX = "indices", "blobs", "tables", "index"
CHUNK = 1 << 18  # bytes of a block of definitions
NAMED = 5  # indices that are told by name


@dataclass(slots=True)
class Seen:
    """What a dump learnt, step by step. `streams` are the aliases of each data stream."""

    cluster: Cluster
    before: dict[str, Index] = field(default_factory=dict)
    after: dict[str, Index] = field(default_factory=dict)
    known: Definitions = field(default_factory=dict)
    streams: dict[str, list[str]] = field(default_factory=dict)
    taken: Taken | None = None
    warnings: list[str] = field(default_factory=list)


class SnapshotDump:
    """A dump while it runs."""

    def __init__(self, server: Server, seen: Seen, parent: Files) -> None:
        """What the parent holds is not read again."""
        self._server, self._seen, self._parent = server, seen, parent
        self._name, self._stream = snapshot.new_name(), secrets.token_hex(4)
        self._index, self._turn = Files(), repository.Turn(server.options.folder)
        self._contents: Contents | None = None
        self._begun = self._proven = self._whole = False

    def parts(self) -> Iterator[Part]:
        """Definitions, blobs, tables, index."""
        yield Part(INDICES, Role.SCHEMA, self._definitions())
        yield Part(BLOBS, Role.DATA, self._blobs())
        yield Part(TABLES, Role.POST_DATA, self._tables())
        yield Part(INDEX, Role.INDEX, self._lines())

    def _definitions(self) -> Iterator[Block]:
        """Take the snapshot, which may last; then what the indices are."""
        for _ in self._snapshot():
            yield Block(b"")
        self._look_into()
        text = json.dumps({"snapshot": self._name, "indices": self._seen.known}, ensure_ascii=False).encode()
        for begin in range(0, len(text), CHUNK):
            yield Block(text[begin : begin + CHUNK])

    def _look_into(self) -> None:
        """Find what the snapshot needs in its repository."""
        self._contents = contents(self._server.options.snapshots, self._name)

    def _snapshot(self) -> Iterator[None]:
        options, seen = self._server.options, self._seen
        with self._server.session("taking a snapshot") as client:
            yield from self._turn.wait()
            repository.ready(client, options)
            yield from repository.idle(client, options.repository)
            repository.prune(client, options.repository, options.keep)
            indices(client, options.indices)  # an index that is named and is not there is told at once; others would be waited for
            asked = [*failures(client, options.indices), *options.indices]
            healthy(client, asked)
            for batch in batches(asked):
                client.indices.refresh(index=batch, expand_wildcards=["open"])
            seen.before = wanted(client, options.indices)
            if not seen.before:
                raise Permanent("no open index is named by `indices` of this target: there is nothing to back up")
            seen.known = definitions(client, seen.before)
            self._begun = True
            snapshot.begin(client, options, self._name)
            yield from snapshot.watched(client, options.repository, self._name, self._server.meter)
            seen.taken = snapshot.judged(client, options.repository, self._name)
            self._look_after(client)

    def _look_after(self, client: Elasticsearch) -> None:
        """Compare what was taken with what was there before, and with what is there now."""
        seen, taken, asked = self._seen, self._seen.taken, self._server.options.indices
        assert taken is not None  # set by the caller
        new = sorted(set(taken.indices) - set(seen.before) - _system(taken))
        late = sorted(owners(client).keys() & set(new))
        left = [name for name in new if name not in late]
        if unseen := [name for name in left if name.startswith((BACKING, FAILURES))]:
            raise Permanent(
                f"in the snapshot, and hidden from this user, so not to be counted: {_named(unseen)};"
                " the rights that are needed stand in the guide to Elasticsearch"
            )
        if left:
            seen.warnings.append(f"made while the backup began, so not counted: {_named(left)}")
        if closed := shut(client, asked):
            seen.warnings.append(f"closed, so not in the backup: {_named(closed)}")
        if gone := sorted(set(seen.before) - set(taken.indices)):
            raise Permanent(f"deleted or closed while the backup began, and not in it: {_named(gone)}; the retry is a new run")
        seen.after = {name: index for name, index in wanted(client, asked).items() if name not in late}
        self._went_on(client, late)

    def _went_on(self, client: Elasticsearch, late: list[str]) -> None:
        """Streams went on to these indices while the backup began: they come back with their stream, so they are counted, as estimates."""
        seen = self._seen
        seen.before |= indices(client, late)
        seen.known |= definitions(client, late)
        seen.streams = streams(client, seen.known)

    def _blobs(self) -> Iterator[Block]:
        root = self._server.options.snapshots
        for blob in self._known.blobs:
            sizes = {file: (root / file).stat().st_size for file in blob.files}
            if self._parent.has(blob, sizes):
                self._index.files.update((file, self._parent.files[file]) for file in blob.files)
                continue
            self._index.files.update((file, Held(blob.index, size, self._stream)) for file, size in sizes.items())
            for member in packed(root, blob.files):
                yield Block(member, (blob.index,))
        self._proven = True

    def _tables(self) -> Iterator[Block]:
        """The tables, those that name the others last: a folder without them is no repository."""
        root, last = self._server.options.snapshots, (f"index-{self._known.generation}", LATEST)
        for table in self._known.tables:
            for member in packed(root, (table,), bare=table in last):
                yield Block(member)

    def _lines(self) -> Iterator[Block]:
        taken = self._seen.taken
        assert taken is not None  # the parts are read in order
        known = {name: (index.uuid, index.documents) for name, index in self._seen.before.items()}
        self._index.head = Head(self._name, taken.began, known)
        for lines in blocks(self._index):
            yield Block(lines)

    @property
    def _known(self) -> Contents:
        if self._contents is None:
            raise Permanent("the snapshot was not taken; read the parts of a dump in order")
        return self._contents

    def facts(self) -> Facts:
        """What was read."""
        seen = self._seen
        if seen.taken is None or not self._proven:
            raise Permanent(f"snapshot {self._name} was not read to its end")
        self._whole = True
        return Facts(
            identity=seen.cluster.uuid,
            flavour="elasticsearch",
            version=seen.cluster.version,
            place=LIVE,
            snapshot=seen.taken.began,
            counts=counted(seen),
            fingerprint=fingerprint(seen.known),
            warnings=tuple(seen.warnings),
            extras=tuple(chain(self._extras(seen.taken), extras(seen))),
        )

    def _extras(self, taken: Taken) -> Iterator[tuple[str, str]]:
        yield "snapshot", self._name
        yield "snapshot_uuid", taken.uuid
        yield "generation", str(self._known.generation)
        yield "stream", self._stream
        yield "streams", " ".join(self._index.streams)

    def close(self) -> None:
        """Let the next dump begin; delete the snapshot of one that did not come to its end, which nobody else would."""
        self._turn.close()
        if self._begun and not self._whole:
            options = self._server.options
            with suppress(Failure), self._server.session("deleting a snapshot") as client:  # the first reason is told
                client.options(ignore_status=404, request_timeout=600).snapshot.delete(repository=options.repository, snapshot=self._name)


def _system(taken: Taken) -> set[str]:
    """Indices that came in with feature states; they are never counted."""
    return {name for name in taken.indices if taken.features and name.startswith(".")}


def healthy(client: Elasticsearch, names: list[str]) -> None:
    """Permanent, naming them, where a shard of an index has no copy to be read. Asked first: all else would wait for those shards."""
    if lost := red(client, names):
        raise Permanent(f"red, so no whole snapshot can be taken: {_named(lost)}; _cluster/allocation/explain says what its shards miss")


def counted(seen: Seen) -> tuple[Count, ...]:
    """Documents of each index: exact where nothing was written while the snapshot was taken, else as they were when it began."""
    return tuple(Count(name, index.documents, exact=_same(index, seen.after.get(name))) for name, index in seen.before.items())


def _same(before: Index, after: Index | None) -> bool:
    return after is not None and (before.uuid, before.numbers, before.documents) == (after.uuid, after.numbers, after.documents)


def extras(seen: Seen) -> Iterator[tuple[str, str]]:
    """UUID, shards, bytes and aliases of each index, the data streams and the feature states."""
    for name, index in seen.before.items():
        aliases = sorted(seen.known.get(name, {}).get("aliases", {}))
        told: dict[str, object] = {"uuid": index.uuid, "shards": index.shards, "bytes": index.bytes, "aliases": aliases}
        if stream := seen.known.get(name, {}).get("data_stream"):
            told["stream"] = stream
        yield f"index:{name}", json.dumps(told, ensure_ascii=False)
    for name, aliases in seen.streams.items():
        yield f"stream:{name}", json.dumps({"aliases": aliases}, ensure_ascii=False)
    taken = seen.taken
    for key, names in (("data_streams", taken.streams), ("feature_states", taken.features)) if taken else ():
        if names:
            yield key, " ".join(names)


def _named(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


@contextmanager
def open_dump(server: Server, parent: Files, layout: type[SnapshotDump] = SnapshotDump) -> Iterator[SnapshotDump]:
    """A dump, of what the parent does not hold; where it does not come to its end, its snapshot is deleted again."""
    with server.session("looking before the dump") as client:
        seen = Seen(look(client))
    dump = layout(server, seen, parent)
    try:
        yield dump
    finally:
        dump.close()
