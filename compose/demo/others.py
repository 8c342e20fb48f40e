"""The other targets of the demo: `sessions` in a Redis, `posts` in an Elasticsearch where this machine has a JDK; lost, and brought back.

They are filled, backed up, destroyed and restored after the database, and counted before and after.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from elasticsearch.helpers import bulk

from compose.demo.screen import stage
from compose.local import java, redis
from compose.local.elasticsearch import BACKUP, Elasticsearch
from compose.local.platform import Platform
from compose.local.redis import Redis
from workers.alerts.words import size
from workers.catalog.ledger import Entry

SESSIONS, POSTS = 20_000, 5_000
WITHOUT = "DEMO_WITHOUT"  # names a source that is left out

TARGET = """
[targets.{name}]
source = "{source}"
host = "{host}"
plan = "database"
[targets.{name}.{source}]
"""


@dataclass(frozen=True, slots=True)
class Other:
    """A target: how its data are made, destroyed and counted, and how it stands in the settings."""

    name: str
    source: str
    host: str
    server: Redis | Elasticsearch
    options: Callable[[], dict[str, object]]
    fill: Callable[[], None]
    destroy: Callable[[], None]
    count: Callable[[], int]
    words: str

    @property
    def text(self) -> str:
        """Its tables in the settings."""
        lines = [f"{key} = {json.dumps(value)}" for key, value in self.options().items()]
        return TARGET.format(name=self.name, source=self.source, host=self.host) + "\n".join(lines) + "\n"


def others(root: Path) -> Iterator[Other]:
    """The targets that this machine can have, running or not."""
    yield _sessions(root)
    if os.environ.get(WITHOUT) != "elasticsearch" and not _missing():
        yield _posts(root)


def _missing() -> str:
    """Why this machine has no Elasticsearch; "" where it has one."""
    try:
        java.home()
    except java.NoJava as error:
        return str(error)
    return ""


def _sessions(root: Path) -> Other:
    word = root / "sessions.word"
    server = Redis(root / "sessions", detached=True, password=_kept(word))

    def fill() -> None:
        with server.client() as client:
            client.config_set("repl-diskless-sync-delay", 0)
            pipe = client.pipeline(transaction=False)
            for number in range(SESSIONS):
                pipe.set(f"session:{number}", json.dumps({"user": number, "token": secrets.token_hex(16)}))
            pipe.execute()

    def destroy() -> None:
        with server.client() as client:
            client.flushall()

    def count() -> int:
        with server.client() as client:
            return int(str(client.dbsize()))

    def options() -> dict[str, object]:
        folder = str(Path(redis.program()).parent)
        return {"host": "127.0.0.1", "port": server.port, "tools": folder, "scratch": str(root / "scratch")}

    return Other("sessions", "redis", "db1", server, options, fill, destroy, count, "FLUSHALL")


def _kept(file: Path) -> str:
    """A password that outlives this process, as a server does that is left running."""
    if file.parent.is_dir() and not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(18))
    return file.read_text() if file.exists() else ""


def _posts(root: Path) -> Other:
    server = Elasticsearch(root / "search-1", detached=True)

    def options() -> dict[str, object]:
        return {"url": server.url, "user": BACKUP, "folder": str(server.repo), "indices": ["posts"]}

    def fill() -> None:
        with server.client() as client:
            client.indices.create(index="posts", settings={"number_of_shards": 2, "number_of_replicas": 0}, aliases={"search": {}})
            bulk(client, ({"_index": "posts", "title": f"post {number}", "author": number % 97} for number in range(POSTS)), refresh=True)

    def destroy() -> None:
        with server.client() as client:
            client.indices.delete(index="posts")

    def count() -> int:
        with server.client() as client:
            return int(client.count(index="search")["count"])

    return Other("posts", "elasticsearch", "search1", server, options, fill, destroy, count, "DELETE /posts")


def join(here: Platform) -> Platform:
    """The same platform with their servers."""
    here.beside = tuple(other.server for other in others(here.root))
    return here


def settle(here: Platform) -> None:
    """Write them into the settings, and their secrets. Their servers run."""
    found = list(others(here.root))
    search = '\n[hosts.search1]\nrole = "search"\n' if any(other.host == "search1" for other in found) else ""
    with here.settings.open("a") as file:
        file.write(search + "".join(other.text for other in found))
    here.write_secrets({f"targets_{other.name}_{other.source}_password": other.server.password for other in found})


def clear(here: Platform) -> None:
    """Remove what lies outside of the demo's folder."""
    for server in here.beside:
        if isinstance(server, Elasticsearch):
            server.discard()


def play(here: Platform, backup: Callable[[str], Entry], restore: Callable[[str, str], Entry]) -> bool:
    """Each is backed up, lost and restored; whether all of them came back whole."""
    proven = True
    for other in others(here.root):
        with stage(other.name) as line:
            other.fill()
            before, sealed = other.count(), backup(other.name)
            other.destroy()
            places = {"redis": "redis", "elasticsearch": "indices"}
            restore(places[other.source], other.name)
            after = other.count()
            proven &= before == after
            line.say(f"{other.source}: {size(float(sealed.note('stored') or 0))} sealed, {other.words}, restored in place")
            line.say(f"{before} before, {after} after {'✓' if before == after else '✗'}")
    if len(here.beside) < 2:
        with stage("posts") as line:
            line.say(f"elasticsearch left out: {_missing() or f'{WITHOUT}=elasticsearch'}")
    return proven
