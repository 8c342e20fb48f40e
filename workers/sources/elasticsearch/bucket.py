"""The other layout: a repository in a bucket, which the cluster itself writes and reads. Floor: tools.

Nothing of the data passes through this host, which needs no login to the bucket: the cluster's keystore has it. A backup is the record
of a snapshot. What proves it is what the cluster finds in the bucket: the snapshot, number and bytes of its files shard by shard, that
every node can write and read there (`_verify`), and that each file is there in its size (`_verify_integrity`). The last matters most:
a new snapshot goes on using files of older ones, and Elasticsearch does not look whether they are still there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError

from workers.artifact import Order, Role
from workers.errors import Corrupt, Permanent
from workers.ports import Part
from workers.sources.elasticsearch import snapshot
from workers.sources.elasticsearch.dump import INDEX, INDICES, SnapshotDump
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.snapshot import Taken
from workers.sources.elasticsearch.state import Cluster

MODULE = "repository-s3"  # the part of Elasticsearch that knows buckets
LOOKS = (8, 16)  # the first release with `_verify_integrity`
LONG = 4 * 3600.0  # seconds that it may take
NAMED = 5  # anomalies that are told by name


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a snapshot has in the repository, all of it and what was new, as the cluster reads it from there."""

    files: int
    bytes: int
    added: int


class BucketDump(SnapshotDump):
    """A dump whose data stay in the bucket. Every snapshot is whole, and shares what did not change with those before it."""

    _sizes: Sizes | None = None

    def parts(self) -> Iterator[Part]:
        """Definitions, and an index without files."""
        yield Part(INDICES, Role.SCHEMA, self._definitions())
        yield Part(INDEX, Role.INDEX, self._lines())

    def _look_into(self) -> None:
        taken = self._seen.taken
        assert taken is not None  # the snapshot was judged
        with self._server.session("proving a snapshot in its bucket") as client:
            self._sizes = sizes(client, self._server.options.repository, taken)
            self._seen.warnings += proven(client, self._server.options, self._seen.cluster)
        self._proven = True

    def _extras(self, taken: Taken) -> Iterator[tuple[str, str]]:
        options, found = self._server.options, self._sizes
        assert found is not None  # the snapshot was proven
        yield "snapshot", taken.name
        yield "snapshot_uuid", taken.uuid
        yield "bucket", options.bucket or ""
        yield "base_path", options.base_path
        yield "files", str(found.files)
        yield "plain_bytes", str(found.bytes)
        yield "stored_bytes", str(found.added)


def sizes(client: Elasticsearch, repository: str, taken: Taken) -> Sizes:
    """What a snapshot has. Permanent, naming them, where a shard or an index is missing."""
    (told,) = client.snapshot.status(repository=repository, snapshot=taken.name)["snapshots"]
    undone = [
        f"{name}[{number}]: {shard['stage']}"
        for name, index in told["indices"].items()
        for number, shard in index["shards"].items()
        if shard["stage"] != "DONE"
    ]
    if missing := undone + [f"{name}: not there" for name in taken.indices if name not in told["indices"]]:
        raise Permanent(f"snapshot {taken.name} is not whole in repository {repository}: {'; '.join(missing[:NAMED])}")
    total, new = told["stats"]["total"], told["stats"]["incremental"]
    return Sizes(int(total["file_count"]), int(total["size_in_bytes"]), int(new["size_in_bytes"]))


def proven(client: Elasticsearch, options: ElasticsearchOptions, cluster: Cluster) -> tuple[str, ...]:
    """Prove that all nodes can use the bucket, and that no file is missing there; warnings. Corrupt where one is."""
    if not client.snapshot.verify_repository(name=options.repository)["nodes"]:
        raise Permanent(f"no node of {options.address} can use repository {options.repository}")
    if not options.integrity:
        return ()
    if cluster.release[:2] < LOOKS:
        return (f"Elasticsearch {cluster.version} cannot look whether every file is in the bucket; 8.16 and later can",)
    asked = client.options(request_timeout=LONG)  # its own method for this warns that the API is a preview
    said = asked.perform_request("POST", f"/_snapshot/{options.repository}/_verify_integrity", headers={"accept": "application/json"})
    _judge(said.body, options)
    return ()


def _judge(said: dict[str, Any], options: ElasticsearchOptions) -> None:
    """Nothing but `pass` is one: an answer that was cut short has no result at all."""
    results, where = said.get("results", {}), f"repository {options.repository} in bucket {options.bucket}"
    if str(results.get("result", "")).startswith("inconclusive"):
        raise Permanent(f"{where} was written to while it was proven: somebody else uses it; only one may write")
    if results.get("result") != "pass":
        found = [json.dumps(entry, ensure_ascii=False)[:300] for entry in said.get("log", []) if "anomaly" in entry]
        words = "; ".join(found[:NAMED]) or json.dumps(results or said, ensure_ascii=False)[:600]
        raise Corrupt(f"{where} is damaged, {results.get('total_anomalies', 'no')} anomalies counted: {words}")


def found(client: Elasticsearch, repository: str, order: Order) -> str:
    """The snapshot of a backup, as the bucket still has it. Permanent where it is gone, Corrupt where it is another one."""
    extras = dict(order.facts.extras)
    name, place = extras["snapshot"], f"{extras['bucket']}/{extras['base_path']}"
    try:
        taken = snapshot.judged(client, repository, name)
    except NotFoundError as error:
        raise Permanent(
            f"snapshot {name} of backup {order.backup} is no longer in {place}: the target's `keep` has run out, or somebody deleted it"
        ) from error
    there = sizes(client, repository, taken)
    if (taken.uuid, str(there.files), str(there.bytes)) != (extras["snapshot_uuid"], extras["files"], extras["plain_bytes"]):
        raise Corrupt(f"snapshot {name} in {place} is not the one of backup {order.backup}: {there.files} files, {there.bytes} bytes")
    return name
