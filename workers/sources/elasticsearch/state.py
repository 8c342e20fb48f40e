"""What a cluster says about itself and its indices, as values. Floor: tools."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from elasticsearch import Elasticsearch

Definitions: TypeAlias = dict[str, dict[str, Any]]

LONGEST = 3000  # characters of names in one address; Elasticsearch takes lines of 4096 (http.max_initial_line_length)
BACKING, FAILURES = ".ds-", ".fs-"  # how the names begin of a data stream's indices, and of those of its failure store
VOLATILE = (
    "uuid",
    "creation_date",
    "provided_name",
    "version",
    "resize",
    "history",
)  # settings that each new index of the same kind has anew


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster: its identity, its lowest version, and the folders that repositories of files may lie in, as its nodes say."""

    uuid: str
    version: str
    repositories: tuple[str, ...] = ()

    @property
    def release(self) -> tuple[int, ...]:
        """The version, to be compared."""
        return release(self.version)


@dataclass(frozen=True, slots=True)
class Index:
    """An index: documents (nested ones count, too), bytes of its primaries, and how far the changes of each shard are numbered."""

    name: str
    uuid: str
    shards: int
    documents: int
    bytes: int
    numbers: tuple[int, ...]


def release(version: str) -> tuple[int, ...]:
    """`8.19.0` as numbers; what is no number counts 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("-")[0].split("."))


def look(client: Elasticsearch) -> Cluster:
    """The cluster. The version comes from its nodes, for not every build answers `GET /`."""
    nodes = client.nodes.info(metric=["settings"])["nodes"].values()
    uuid = client.cluster.state(metric="version", filter_path="cluster_uuid")["cluster_uuid"]
    folders = {folder for node in nodes for folder in _listed(node.get("settings", {}).get("path", {}).get("repo"))}
    return Cluster(str(uuid), min((str(node["version"]) for node in nodes), key=release), tuple(sorted(folders)))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def batches(names: Iterable[str]) -> Iterator[list[str]]:
    """Names and patterns that fit into one address, again and again until there is none left.

    What patterns leave out (`-name`) goes with each of them that stood before it.
    """
    wanted = list(names)
    less = [(place, name) for place, name in enumerate(wanted) if name.startswith("-")]
    room, batch, size = LONGEST - sum(_length(name) for _, name in less), list[str](), 0
    for place, name in enumerate(wanted):
        length = 0 if name.startswith("-") else _length(name)
        if batch and size + length > room:
            yield batch + [out for at, out in less if at > place and _expands(batch)]
            batch, size = [], 0
        if length or _expands(batch):
            batch.append(name)
            size += length
    if batch:
        yield batch


def _length(name: str) -> int:
    return len(quote(name, safe="")) + 3  # a comma between two is written as %2C


def _expands(batch: list[str]) -> bool:
    """Whether a `-name` behind these leaves something out; behind plain names it is one itself."""
    return any("*" in name for name in batch)


def indices(client: Elasticsearch, names: Iterable[str]) -> dict[str, Index]:
    """The open indices among some names and patterns, by name, with their numbers as of now."""
    found: dict[str, Index] = {}
    for batch in batches(names):
        wish: dict[str, Any] = {"index": batch, "metric": ["docs", "store"], "level": "shards"}
        said = client.indices.stats(**wish, expand_wildcards=["open"], forbid_closed_indices=False)
        found |= {name: _index(name, told) for name, told in said["indices"].items()}
    return dict(sorted(found.items()))


def _index(name: str, told: Mapping[str, Any]) -> Index:
    primaries = {int(number): shard for number, copies in told["shards"].items() for shard in copies if shard["routing"]["primary"]}
    numbers = tuple(int(primaries[number].get("seq_no", {}).get("max_seq_no", -2)) for number in sorted(primaries))
    total = told["primaries"]
    return Index(
        name,
        str(told.get("uuid", "")),
        len(told["shards"]),
        int(total["docs"]["count"]),
        int(total["store"]["size_in_bytes"]),
        numbers,
    )


def wanted(client: Elasticsearch, patterns: list[str]) -> dict[str, Index]:
    """The open indices among some names and patterns, and the failure stores of their data streams: what a snapshot of them takes."""
    found = indices(client, patterns)
    return dict(sorted((found | indices(client, failures(client, patterns))).items()))


def failures(client: Elasticsearch, patterns: list[str]) -> list[str]:
    """The open indices of data streams among some patterns that the patterns themselves do not name.

    Those are the failure stores, in which a stream keeps documents that did not fit (Elasticsearch 8.19): a snapshot takes them with it.
    """
    said = (client.indices.resolve_index(name=batch, expand_wildcards=["open"], ignore_unavailable=True) for batch in batches(patterns))
    streams = {str(stream["name"]): stream["backing_indices"] for found in said for stream in found.get("data_streams", [])}
    return sorted(name for name, owner in owners(client).items() if owner in streams and name not in streams[owner]) if streams else []


def owners(client: Elasticsearch) -> dict[str, str]:
    """The data stream of each open index that belongs to one; its name does not always tell."""
    found = client.indices.resolve_index(name="*", expand_wildcards=["open", "hidden"])
    return {str(index["name"]): str(index["data_stream"]) for index in found["indices"] if index.get("data_stream")}


def shut(client: Elasticsearch, names: Iterable[str]) -> list[str]:
    """The closed indices among some names and patterns."""
    said = (client.indices.resolve_index(name=batch, expand_wildcards=["closed"], ignore_unavailable=True) for batch in batches(names))
    return sorted(str(index["name"]) for found in said for index in found["indices"])


def red(client: Elasticsearch, names: Iterable[str]) -> list[str]:
    """The open indices among some names and patterns of which a primary is nowhere; no numbers are told about those."""
    said = (client.cluster.health(index=batch, level="indices", expand_wildcards=["open"]) for batch in batches(names))
    return sorted(name for found in said for name, told in found["indices"].items() if told["status"] == "red")


def definitions(client: Elasticsearch, names: Iterable[str]) -> Definitions:
    """Mappings, settings and aliases of some indices, by name."""
    found: Definitions = {}
    for batch in batches(names):
        found |= client.indices.get(index=batch).body
    return dict(sorted(found.items()))


def streams(client: Elasticsearch, known: Definitions) -> dict[str, list[str]]:
    """The data streams that some indices belong to, and the aliases of each."""
    found: dict[str, list[str]] = {str(told["data_stream"]): [] for told in known.values() if "data_stream" in told}
    for batch in batches(found):
        said = client.indices.get_alias(index=batch, expand_wildcards="all").body
        found |= {name: sorted(said[name]["aliases"]) for name in batch if name in said}
    return dict(sorted(found.items()))


def fingerprint(known: Definitions) -> str:
    """SHA-256 of what is defined, without what no two indices share."""
    bare = {name: {**told, "settings": _lasting(told.get("settings", {}))} for name, told in known.items()}
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()


def _lasting(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.get("index", {}).items() if key not in VOLATILE}
