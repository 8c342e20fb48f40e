"""Which files of a repository one snapshot needs, read from the repository itself. Floor: tools.

`index-<N>` (JSON) lists snapshots, indices and the files of each; the file `snap-<uuid>.dat` of a shard (SMILE) names its blobs, with
their bytes. Blobs never change under a name. Whatever lies there besides (other snapshots, leftovers, files of strangers) is none of a
backup's business.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.errors import Corrupt, Permanent
from workers.sources.elasticsearch import smile
from workers.sources.elasticsearch.footer import Footer

LATEST = "index.latest"
PIECE = 1 << 20  # bytes read at once
_GENERATION = re.compile(r"index-(\d+)")
_CODEC = 0x3FD76C17  # Lucene's CodecUtil.writeHeader
_DEFLATED = b"DFL\0"
_BLOB = re.compile(r"__[\w-]{1,64}", re.ASCII)
_INSIDE = "v__"  # how the name of a blob begins that is kept in the table itself


@dataclass(frozen=True, slots=True)
class Blob:
    """Data of a shard: the index it belongs to, and its file, or its files where it is kept in parts."""

    index: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of one snapshot, as paths below the repository. `tables` are small, and written anew by each snapshot."""

    generation: int
    uuid: str
    tables: tuple[str, ...]
    blobs: tuple[Blob, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.tables, *(file for blob in self.blobs for file in blob.files))


def contents(folder: Path, snapshot: str, only: frozenset[str] | None = None) -> Contents:
    """The files of a snapshot; with `only`, blobs of these indices alone. Permanent, naming it, where one is missing."""
    generation = _newest(folder)
    root = _json(folder / f"index-{generation}")
    found = next((entry for entry in root["snapshots"] if entry["name"] == snapshot), None)
    if found is None:
        raise Permanent(f"{folder / f'index-{generation}'} does not list snapshot {snapshot}")
    uuid = found["uuid"]
    tables, blobs = [f"snap-{uuid}.dat", f"meta-{uuid}.dat"], []
    for name, told in sorted(root["indices"].items()):
        if uuid in told["snapshots"]:
            tables.append(_definition(root, found, told))
            for shard in _shards(folder, uuid, told):
                tables += shard.tables
                if only is None or name in only:
                    blobs += [Blob(name, files) for files in _blobs(folder, shard)]
    tables += [f"index-{generation}", LATEST]
    for table in tables:
        _there(folder / table)
    return Contents(generation, uuid, tuple(tables), tuple(blobs))


@dataclass(frozen=True, slots=True)
class _Shard:
    place: str
    snap: str
    tables: tuple[str, ...]


def _shards(folder: Path, uuid: str, told: Mapping[str, Any]) -> Iterator[_Shard]:
    for number, generation in enumerate(told["shard_generations"]):
        place = f"indices/{told['id']}/{number}"
        snap = f"{place}/snap-{uuid}.dat"
        if generation is not None and not (generation == "_new" and not (folder / snap).exists()):
            yield _Shard(place, snap, (f"{place}/index-{generation}", snap))


def _definition(root: Mapping[str, Any], snapshot: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """The file with mapping and settings of an index; since 7.9 snapshots share it as long as nothing in it changes."""
    key = snapshot.get("index_metadata_lookup", {}).get(told["id"])
    name = root.get("index_metadata_identifiers", {}).get(key, snapshot["uuid"])
    return f"indices/{told['id']}/meta-{name}.dat"


def _blobs(folder: Path, shard: _Shard) -> Iterator[tuple[str, ...]]:
    """The files of each blob that a shard needs, in order. Corrupt, naming it, where one is not as long as it was written."""
    for name, length, parts in sorted(_listed(folder / shard.snap)):
        path = f"{shard.place}/{name}"
        files = tuple(f"{path}.part{number}" for number in range(parts)) if parts > 1 else (path,)
        for file in files:
            _there(folder / file)
        if (size := sum((folder / file).stat().st_size for file in files)) != length:
            raise Corrupt(f"{folder / files[-1]} is damaged: it has {size} bytes, all parts together, and {length} were written")
        yield files


def _listed(table: Path) -> Iterator[tuple[str, int, int]]:
    """Name, bytes, and number of parts of each blob that the table of a shard names."""
    body = _body(table)
    try:
        for file in smile.loads(body)["files"]:
            name, length, piece = str(file["name"]), int(file["length"]), int(file.get("part_size") or 0)
            if not name.startswith(_INSIDE):
                if not _BLOB.fullmatch(name):
                    raise ValueError(f"{name!r} is no name of a blob")
                yield name, length, -(-length // piece) if piece > 0 else 1
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Corrupt(f"{table} cannot be read, although its CRC is right: {error}") from error


def _body(path: Path) -> bytes:
    """What is in a file of Elasticsearch's own, inflated: head, body and footer are Lucene's."""
    _there(path)
    data = path.read_bytes()
    footer = Footer(str(path))
    footer.feed(data)
    footer.judge()
    if int.from_bytes(data[:4], "big") != _CODEC:
        raise Corrupt(f"{path} is damaged: it does not begin as Lucene begins its files")
    body = data[4 + 1 + data[4] + 4 : -16]
    return zlib.decompress(body[len(_DEFLATED) :], -zlib.MAX_WBITS) if body.startswith(_DEFLATED) else body


def _newest(folder: Path) -> int:
    if not folder.is_dir():
        raise Permanent(f"{folder} is not there: the cluster wrote its repository where this host does not see it; `folder` must be shared")
    numbers = [int(found[1]) for path in folder.iterdir() if (found := _GENERATION.fullmatch(path.name))]
    if not numbers:
        raise Permanent(f"{folder} holds no index-N: it is no repository, or the cluster writes elsewhere than this host reads")
    return max(numbers)


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise Corrupt(f"{path} is damaged: not JSON ({error})") from error
    return found


def _there(path: Path) -> None:
    if not path.is_file():
        raise Permanent(
            f"{path} is missing from the repository, and the snapshot needs it: somebody removed it, or deletes snapshots there."
            " The repository is damaged; the guide to Elasticsearch says how to begin a new one"
        )


def proven(folder: Path, blobs: Iterable[tuple[str, ...]]) -> None:
    """Read files, each of which may be in parts, and prove them. Corrupt, naming the file, where one is not what was written."""
    for files in blobs:
        footer = Footer(str(folder / files[-1]))
        for file in files:
            with (folder / file).open("rb") as source:
                while piece := source.read(PIECE):
                    footer.feed(piece)
        footer.judge()
