"""Where a restore may go: the indices under their own names (`indices`), or under new ones that begin with a word. Floor: tools.

A data stream is a name for indices of its own, `.ds-<stream>-…`, and has others for documents that did not fit, `.fs-<stream>-…`, where
its failure store is on. It comes back whole, as a stream.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import reduce
from typing import Any

from elasticsearch import Elasticsearch

from workers.artifact import Order
from workers.errors import Refused
from workers.ports import Place
from workers.sources.elasticsearch.dump import LIVE
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.state import BACKING, FAILURES, Cluster, batches, indices, look, release

_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,100}")
_THRESHOLD = ("cluster", "routing", "allocation", "disk", "threshold_enabled")


@dataclass(frozen=True, slots=True)
class Taken:
    """The names that a cluster uses: indices, whether each is open, data streams with their indices, and aliases."""

    indices: dict[str, bool]
    streams: dict[str, frozenset[str]]
    aliases: frozenset[str]


def place(server: Server, into: str) -> Place:
    """What stands at a place now. A closed index stands there, too, and tells no number. Refused where it is no name."""
    patterns = _patterns(server.options, into)
    found, streams = list[dict[str, Any]](), list[str]()
    with server.session("looking at the place of a restore") as client:
        for batch in batches(patterns):
            said = client.indices.resolve_index(name=batch, expand_wildcards=["open", "closed"], ignore_unavailable=True).body
            found += said["indices"]
            streams += (stream["name"] for stream in said.get("data_streams", []))
        numbers = indices(client, (*(index["name"] for index in found if "open" in index["attributes"]), *streams)).values()
    there = bool(found or streams)
    return Place(into, there, not there, sum(index.documents for index in numbers), sum(index.bytes for index in numbers))


def _patterns(options: ElasticsearchOptions, into: str) -> list[str]:
    if into == LIVE:
        return list(options.indices)
    if not _WORD.fullmatch(into):
        raise Refused(f"{into!r} cannot begin the name of an index: use a-z, 0-9, _, - and ., and begin with a letter or digit")
    return [f"{into}-*"]


def chosen(order: Order) -> tuple[str, ...]:
    """The indices that are restored, by their own names; of a data stream all, where one of them or the stream itself is named.

    Refused where a name or pattern of the order names none.
    """
    streams = {count.name: stream(order, count.name) for count in order.facts.counts}
    if missing := [asked for asked in order.objects if not any(_named(asked, *each) for each in streams.items())]:
        raise Refused(f"backup {order.backup} holds no index {', '.join(missing)}; it holds {', '.join([*streams][:10])}")
    if not order.objects:
        return tuple(streams)
    hit = {name for name in streams if any(_named(asked, name, streams[name]) for asked in order.objects)}
    whole = {streams[name] for name in hit} - {""}
    return tuple(name for name in streams if name in hit or streams[name] in whole)


def _named(asked: str, name: str, belongs: str) -> bool:
    return fnmatchcase(name, asked) or bool(belongs and fnmatchcase(belongs, asked))


def stream(order: Order, name: str) -> str:
    """The data stream that an index belongs to in the backup; "" where it stands alone."""
    return str(told(order, name).get("stream") or "")


def streams(order: Order) -> dict[str, str]:
    """The data streams that are restored, and what they are called where the restore puts them."""
    found = {stream(order, name) for name in chosen(order)} - {""}
    return {name: _moved(order, name) for name in sorted(found)}


def requested(order: Order) -> tuple[str, ...]:
    """What the cluster is asked for by name: data streams, and indices that belong to none."""
    return tuple(dict.fromkeys(stream(order, name) or name for name in chosen(order)))


def renamed(order: Order, name: str) -> str:
    """What an index is called where the restore puts it, as Elasticsearch itself renames it: behind what tells a data stream's indices."""
    kind = next((kind for kind in (BACKING, FAILURES) if name.startswith(kind)), "")
    return kind + _moved(order, name.removeprefix(kind)) if kind and stream(order, name) else _moved(order, name)


def _moved(order: Order, name: str) -> str:
    return name if order.into == LIVE else f"{order.into}-{name}"


def told(order: Order, name: str, kind: str = "index") -> dict[str, object]:
    """What the backup says about one index, or one data stream (kind `stream`)."""
    found: dict[str, object] = json.loads(dict(order.facts.extras).get(f"{kind}:{name}", "{}"))
    return found


def aliases(options: ElasticsearchOptions, order: Order) -> bool:
    """Whether a restore brings aliases back; a trial never does, for then people's searches would find it."""
    return not order.scratch and (options.aliases == "always" or (options.aliases == "own" and order.into == LIVE))


def fits(server: Server, order: Order) -> None:
    """Refused, before anything is done, where the cluster cannot read the snapshot, has no room, or uses a name that is needed."""
    names = chosen(order)
    with server.session("looking at the place of a restore") as client:
        cluster, used = look(client), names_used(client)
        readable(server.options, order, cluster)
        free(server.options, order, used)
        standing(client, order, {name: renamed(order, name) for name in names if renamed(order, name) in used.indices})
        room(client, server.options, sum(int(str(told(order, name).get("bytes", 0))) for name in names))


def names_used(client: Elasticsearch) -> Taken:
    """All names, hidden ones too."""
    found = client.indices.resolve_index(name="*", expand_wildcards="all").body
    belongs = {index["name"]: index.get("data_stream") for index in found["indices"]}
    return Taken(
        {index["name"]: "open" in index["attributes"] for index in found["indices"]},
        {each["name"]: frozenset(name for name in belongs if belongs[name] == each["name"]) for each in found.get("data_streams", [])},
        frozenset(alias["name"] for alias in found["aliases"]),
    )


def readable(options: ElasticsearchOptions, order: Order, cluster: Cluster) -> None:
    """A cluster reads snapshots of its own version and older ones, back to the major version before."""
    made = release(order.facts.version)
    if not made <= cluster.release or made[0] < cluster.release[0] - 1:
        raise Refused(
            f"backup {order.backup} was made by Elasticsearch {order.facts.version}, and {options.address} is {cluster.version}, which"
            f" cannot read it: it needs {made[0]}.{made[1]} or later, up to the next major version"
        )


def free(options: ElasticsearchOptions, order: Order, used: Taken) -> None:
    """No name of an index, data stream or alias that comes is that of something else."""
    coming, moved = {renamed(order, name) for name in chosen(order)}, streams(order)
    for name in sorted(used.streams.keys() & set(moved.values())):
        _over_stream(order, name, used.streams[name] - coming)
    if clash := sorted((used.aliases | used.indices.keys()).intersection(moved.values())):
        raise Refused(
            f"{', '.join(clash)}: an index or alias of {options.address} has the name of a data stream that comes; remove it first"
        )
    if clash := sorted(coming & (used.aliases | used.streams.keys())):
        raise Refused(f"{', '.join(clash)}: an alias or data stream of {options.address} has this name, so no index can; remove it first")
    if aliases(options, order):
        back = {str(alias) for name in chosen(order) for alias in _aliases(order, name)}
        back |= {str(alias) for name in moved for alias in _aliases(order, name, "stream")}
        if clash := sorted(back & used.indices.keys()):
            raise Refused(
                f'{", ".join(clash)}: an index has the name of an alias that would come back; aliases = "never" leaves aliases out'
            )


def _over_stream(order: Order, name: str, more: frozenset[str]) -> None:
    """A stream is restored over only where the backup has all its indices: others would be left behind."""
    if not order.confirm:
        raise Refused(f"data stream {name} exists: restore under a name, or confirm that it is replaced")
    if more:
        raise Refused(
            f"data stream {name} has {', '.join(sorted(more)[:5])}, which the backup does not have and which would be left behind without a"
            f" stream: delete the stream first (DELETE /_data_stream/{name}), or restore under a name"
        )


def _aliases(order: Order, name: str, kind: str = "index") -> Iterable[object]:
    found = told(order, name, kind).get("aliases", [])
    return found if isinstance(found, list) else []


def standing(client: Elasticsearch, order: Order, there: dict[str, str]) -> None:
    """What exists is restored over only where the order confirms it, and only where it has as many shards."""
    if not there:
        return
    if not order.confirm:
        raise Refused(f"{', '.join(sorted(there.values())[:5])} exists: restore under a name, or confirm that it is replaced")
    settings: dict[str, Any] = {}
    for batch in batches(there.values()):
        settings |= client.indices.get_settings(index=batch, name="index.number_of_shards", flat_settings=True, expand_wildcards="all").body
    for name, target in there.items():
        shards, wanted = int(settings[target]["settings"]["index.number_of_shards"]), told(order, name).get("shards", 0)
        if shards != wanted:
            raise Refused(f"{target} has {shards} shards and the backup's {wanted}: delete {target}, or restore under a name")


def room(client: Elasticsearch, options: ElasticsearchOptions, wanted: int) -> None:
    """All nodes together have room for everything, and some node is below its low watermark, where the cluster looks at those."""
    nodes = [node["fs"]["data"][0] for node in client.nodes.stats(metric="fs")["nodes"].values() if node.get("fs", {}).get("data")]
    available = sum(int(disk["available_in_bytes"]) for disk in nodes)
    if nodes and available < wanted:
        raise Refused(f"{options.address} has {available} bytes of disk free and the restore needs {wanted}")
    full = all(int(disk["available_in_bytes"]) < int(disk.get("low_watermark_free_space_in_bytes", 0)) for disk in nodes)
    if nodes and full and _looks_at_watermarks(client):
        raise Refused(f"every disk of {options.address} is fuller than its low watermark: no shard would be placed; free some space first")


def _looks_at_watermarks(client: Elasticsearch) -> bool:
    """Whether the cluster places shards by free space; its statistics tell of watermarks where it does not, too."""
    found = client.cluster.get_settings(include_defaults=True, filter_path=f"*.{'.'.join(_THRESHOLD)}").body
    levels = (
        reduce(lambda at, name: at.get(name, {}), _THRESHOLD, found.get(level, {})) for level in ("transient", "persistent", "defaults")
    )
    return next((said for said in levels if said), "true") != "false"
