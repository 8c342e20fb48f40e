"""An Elasticsearch: bytes stored by an incremental backup after 1 % more documents; and a restore against the naive way back.

Naive is what can be done without snapshots: the documents as JSON, indexed again in bulk.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import zstandard
from elasticsearch.helpers import bulk
from pydantic import SecretStr

from compose.local.elasticsearch import ADMIN, Elasticsearch
from tests.bench.pairs import Pairs, Row, Way
from tests.single import Platform, Wish, running
from tests.sources.elasticsearch.hands import Taken, read
from workers.artifact import Kind, Role
from workers.errors import Permanent
from workers.sources import SOURCES, open_source

DOCUMENTS = 200_000
INDEX, AGAIN, RESTORED = "posts", "again", "restored-posts"
WORDS = ("lorem", "ipsum", "dolor", "sit", "amet", "canvas", "duck", "marsh", "wing", "river", "게시글", "사용자")
SETTINGS = {"number_of_shards": 2, "number_of_replicas": 0}
EXPORT = "posts.json"


@contextmanager
def filled(documents: int) -> Iterator[tuple[Path, Elasticsearch, dict[str, Any]]]:
    """A folder with the export of so many documents, a server that holds them, and the options of a target."""
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder:
        root, server = Path(folder), Elasticsearch(Path(folder) / "elasticsearch")
        try:
            server.start()
            server.repo.chmod(0o777)
            (root / EXPORT).write_text("".join(json.dumps(post, ensure_ascii=False) + "\n" for post in posts(0, documents)))
            load(server, INDEX, root / EXPORT)
            yield root, server, {"url": server.url, "user": ADMIN, "folder": str(server.repo), "indices": [INDEX]}
        finally:
            server.discard()


def incremental(rounds: int, documents: int = DOCUMENTS) -> Row:
    """Bytes of a full backup and of an incremental one after 1 % more, compressed as the chain does it; there is nothing to repeat."""
    with filled(documents) as (root, server, options):
        driver = SOURCES["elasticsearch"]
        source = open_source("elasticsearch", driver.load_options().model_validate(options), SecretStr(server.password))
        with source.dump(Kind.FULL) as dump:
            full = read(dump, root)
        with server.client() as client:
            bulk(client, ({"_index": INDEX, "_source": post} for post in posts(documents, documents + documents // 100)))
        with source.dump_since(Kind.INCREMENTAL, full.of(Role.INDEX)) as dump:
            some = read(dump, root)
        whole, new = stored(full), stored(some)
    return {"full_bytes": whole, "incremental_bytes": new, "ratio": whole / new, "documents": float(documents)}


def restore(rounds: int, documents: int = DOCUMENTS) -> Row:
    """Pairs of both ways back into an index that is not there; ours through real workers, proven file by file, every document counted."""
    with filled(documents) as (root, server, options):
        wish = Wish(server, "posts", "elasticsearch", "search", server.password, options)
        with running(root, wish) as here:
            here.backup()
            return pairs(here, server, rounds) | {"documents": float(documents)}


def pairs(here: Platform, server: Elasticsearch, rounds: int) -> Row:
    """As many as asked for. Permanent where documents are missing."""
    found, again = Pairs(), partial(load, server, AGAIN, here.root / EXPORT)
    naive = Way(again, here.root / "nothing", workers=False, before=partial(forget, server, AGAIN))
    ours = Way(partial(here.restore, "restored"), here.root / "spool", workers=True, before=partial(forget, server, RESTORED))
    for _ in range(rounds):
        found.round(here, naive, ours)
    with server.client() as client:
        counts = {index: client.count(index=index)["count"] for index in (INDEX, AGAIN, RESTORED)}
    if len(set(counts.values())) != 1:
        raise Permanent(f"a restore said that it was done, and the documents are not equal: {counts}")
    return found.row()


def posts(begin: int, end: int) -> Iterator[dict[str, Any]]:
    """Posts of some hundred bytes."""
    for number in range(begin, end):
        body = " ".join(WORDS[(number * step + step) % len(WORDS)] for step in range(1, 30))
        yield {"id": number, "title": f"post {number}", "author": number % 5003, "body": f"{body} {number * 2654435761 % 2**32:x}"}


def load(server: Elasticsearch, index: str, export: Path) -> None:
    """The naive way back: an index made anew from JSON."""
    with server.client() as client, export.open() as lines:
        client.options(ignore_status=404).indices.delete(index=index)
        client.indices.create(index=index, settings=SETTINGS)
        bulk(client, ({"_index": index, "_source": line} for line in map(json.loads, lines)), chunk_size=2000)
        client.indices.refresh(index=index)


def forget(server: Elasticsearch, index: str) -> None:
    """Delete an index, where it is there."""
    with server.client() as client:
        client.options(ignore_status=404).indices.delete(index=index)


def stored(taken: Taken) -> float:
    """Bytes of its segments as level 3 of the plan makes them."""
    return float(sum(len(zstandard.ZstdCompressor(level=3).compress(path.read_bytes())) for _, path in taken.pieces))
