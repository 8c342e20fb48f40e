"""What tests have in common: a target with indices of its own, a dump in files, and the way back in one go."""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch as Client
from elasticsearch.helpers import bulk
from pydantic import SecretStr

from compose.local.elasticsearch import BACKUP, Elasticsearch
from workers.artifact import Facts, Form, Kind, Order, Outcome, Role, Segment
from workers.ports import Dump
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.source import ElasticsearchSource

BACKUP_ID = f"20261122T000000Z-full-{secrets.token_hex(4)}"  # of this process alone: the server is shared
SMALL = {"number_of_shards": 1, "number_of_replicas": 0}


@dataclass
class Site:
    """A target: all indices whose names begin with `word`."""

    server: Elasticsearch
    word: str

    @property
    def folder(self) -> Path:
        return self.server.repo / self.word

    @property
    def options(self) -> ElasticsearchOptions:
        return ElasticsearchOptions(
            url=self.server.url,
            user=BACKUP,
            ca_file=self.server.ca,
            repository=self.word,
            folder=self.folder,
            indices=[f"{self.word}-*"],
        )

    @property
    def secret(self) -> SecretStr:
        return SecretStr(self.server.password)

    def source(self, **changes: Any) -> ElasticsearchSource:
        return ElasticsearchSource(self.options.model_copy(update=changes), self.secret)

    def login(self, **changes: Any) -> Server:
        return Server(self.options.model_copy(update=changes), self.secret)

    @cached_property
    def client(self) -> Client:
        return self.server.client()

    def name(self, name: str) -> str:
        return f"{self.word}-{name}"

    def fill(self, name: str, documents: int = 20, **index: Any) -> str:
        """Some documents in an index, which is made where it is not there."""
        whole = self.name(name)
        if not self.client.indices.exists(index=whole):
            self.client.indices.create(index=whole, settings={**SMALL, **index.pop("settings", {})}, **index)
        begin = self.client.count(index=whole)["count"]
        bulk(self.client, ({"_index": whole, "_id": str(begin + n), "title": f"post {begin + n}"} for n in range(documents)), refresh=True)
        return whole

    def count(self, name: str) -> int:
        self.client.indices.refresh(index=name)
        return int(self.client.count(index=name)["count"])

    def there(self) -> list[str]:
        """Every index on the server that this target's tests made, by name; not those of data streams."""
        found = self.client.indices.resolve_index(name=f"*{self.word}*", expand_wildcards="all").body
        return sorted(index["name"] for index in found["indices"] if "data_stream" not in index)

    def scratch(self) -> list[str]:
        """What restores left: folders, and repositories for reading."""
        folders = [path.name for path in self.folder.iterdir() if path.is_dir() and path.name.startswith("restore-")]
        known = self.client.snapshot.get_repository().body.items()
        return folders + [name for name, told in known if self.word in told["settings"]["location"] and name != self.word]


@contextmanager
def site(server: Elasticsearch) -> Iterator[Site]:
    """A target; its indices, repositories and files are gone at the end. Data streams stay: this build cannot delete them."""
    made = Site(server, f"t{secrets.token_hex(4)}")
    made.folder.mkdir()
    made.folder.chmod(0o777)
    yield made
    with made.client as client:
        if there := made.there():
            client.indices.delete(index=there)
        for name, told in client.snapshot.get_repository().body.items():
            if made.word in told["settings"].get("location", ""):
                client.snapshot.delete_repository(name=name)
    shutil.rmtree(made.folder)


@dataclass(frozen=True)
class Taken:
    """A dump: its segments as files, and its facts."""

    pieces: list[tuple[Segment, Path]]
    facts: Facts

    def of(self, *roles: Role) -> Iterator[tuple[Segment, Path]]:
        return (piece for piece in self.pieces if piece[0].role in roles)

    def order(self, into: str, **changes: Any) -> Order:
        return replace(Order(BACKUP_ID, self.facts.place, into, self.facts), **changes)

    @property
    def bytes(self) -> int:
        return sum(segment.plain.bytes for segment, _ in self.pieces)


def read(dump: Dump, folder: Path) -> Taken:
    """All parts of an open dump, each as one segment for each index in it."""
    pieces: list[tuple[Segment, Path]] = []
    for part in dump.parts():
        groups: dict[tuple[str, ...], bytes] = {}
        for block in part.blocks:
            groups[block.objects] = groups.get(block.objects, b"") + block.data
        for objects, data in groups.items():
            path = folder / f"{secrets.token_hex(4)}.plain"
            path.write_bytes(data)
            form = Form(len(data), hashlib.sha256(data).hexdigest())
            pieces.append((Segment(len(pieces) + 1, part.name, part.role, form, objects), path))
    return Taken(pieces, dump.facts())


def take(source: ElasticsearchSource, folder: Path) -> Taken:
    with source.dump(Kind.FULL) as dump:
        return read(dump, folder)


def bring(source: ElasticsearchSource, taken: Taken, order: Order) -> Outcome:
    source.prepare(order, taken.of(Role.SCHEMA))
    for segment, path in taken.of(Role.DATA):
        if order.needs(segment):
            source.load(order, segment, path)
    return source.finish(order, taken.of(Role.SCHEMA, Role.POST_DATA))


def blob(folder: Path) -> Path:
    """The largest file of a repository that holds data."""
    return max(folder.rglob("__*"), key=lambda path: path.stat().st_size)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
