"""The append-only files of Redis 7, up to the last write and without a fork. Floor: tools.

Rewriting is held off for the moment in which the files that the manifest names get a second name (a hard link): Redis may then do
what it likes. The last file grows on, so it is read up to the length that it had; a command that is cut there is left out by Redis.
https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ "Backing up AOF persistence"
"""

import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from workers.artifact import Count, Facts, Role
from workers.errors import Permanent, Refused
from workers.ports import Block, Part
from workers.sources.redis.link import BLOCK
from workers.sources.redis.session import Server
from workers.sources.redis.state import State, look

LIVE = "redis"  # the name of the place that is read: all databases of the target's own server
MANIFEST, METHOD = "manifest", "aof"
LOOK = 0.1  # seconds
_FOLDERS = (7, 0)  # from this version on the append-only files are several, with a manifest
_HOLD = "auto-aof-rewrite-percentage"


@dataclass(frozen=True, slots=True)
class Linked:
    """The files at one moment: the manifest as it was written, each file's second name with its length, and the server then."""

    manifest: bytes
    files: tuple[tuple[Path, int], ...]
    state: State
    moment: datetime


class AofDump:
    """A dump of the files while it runs."""

    def __init__(self, server: Server, linked: Linked) -> None:
        """Nothing is read yet."""
        self._server, self._linked, self._bytes = server, linked, 0

    def parts(self) -> Iterator[Part]:
        """The manifest, then each file under its own name."""
        yield Part(MANIFEST, Role.SCHEMA, iter([Block(self._linked.manifest)]))
        for path, size in self._linked.files:
            yield Part(path.name, Role.DATA, self._read(path, size))

    def _read(self, path: Path, size: int) -> Iterator[Block]:
        with path.open("rb") as file:
            while size and (piece := file.read(min(size, BLOCK))):
                size -= len(piece)
                self._bytes += len(piece)
                yield Block(piece)
        if size:
            raise Permanent(f"{path.name} of {self._server.options.address} became {size} bytes shorter while it was read")

    def facts(self) -> Facts:
        """What was read; counts are the server's own at that moment, so they are estimates."""
        linked, state = self._linked, self._linked.state
        if self._bytes != sum(size for _, size in linked.files):
            raise Permanent(f"the append-only files of {self._server.options.address} were not read to their end")
        return Facts(
            identity=state.run_id,
            flavour=state.flavour,
            version=state.version,
            place=LIVE,
            snapshot=linked.moment,
            counts=tuple(Count(count.name, count.rows, exact=False) for space in state.keyspace for count in space.counts),
            fingerprint=hashlib.sha256(f"aof {[space.database for space in state.keyspace]}".encode()).hexdigest(),
            warnings=() if any(path.name.endswith(".rdb") for path, _ in linked.files) else ("no base file: every command is replayed",),
            extras=self._extras(),
        )

    def _extras(self) -> tuple[tuple[str, str], ...]:
        state = self._linked.state
        databases = max(16, 1 + max((space.database for space in state.keyspace), default=0))
        numbers = {"rdb_bytes": self._bytes, "databases": databases, "memory": state.bytes, "forks": 0}
        return (("method", METHOD), *((name, str(number)) for name, number in numbers.items()))


@contextmanager
def open_aof(server: Server) -> Iterator[AofDump]:
    """A dump of the append-only files; their second names go with the block. Refused where there are none of Redis 7 here."""
    with server.session("asking for its append-only files") as client:
        said = _here(server, client)
        own = Path(said["dir"]) / f"canvasback-{secrets.token_hex(4)}"
        with _held(client):
            linked = _link(server, client, Path(said["dir"]) / said["appenddirname"], own)
    try:
        yield AofDump(server, linked)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _here(server: Server, client: Any) -> Any:
    said = client.config_get("dir", "appenddirname", "appendonly")
    if said.get("appendonly") != "yes" or look(client).release[:2] < _FOLDERS:
        raise Refused(
            f"{server.options.address} has no append-only files of Redis 7 (appendonly yes): switch them on, or take another `method`"
        )
    if not (Path(said["dir"]) / said["appenddirname"]).is_dir():
        raise Refused(f'{said["dir"]} of {server.options.address} is not on this machine: run the worker there, or set method = "stream"')
    return said


@contextmanager
def _held(client: Any) -> Iterator[None]:
    """No rewriting begins within the block, and none runs."""
    before = client.config_get(_HOLD)[_HOLD]
    client.config_set(_HOLD, 0)
    try:
        while look(client).saving.rewriting:
            time.sleep(LOOK)
        yield
    finally:
        with suppress(RedisError):  # the first reason is told
            client.config_set(_HOLD, before)


def _link(server: Server, client: Any, folder: Path, own: Path) -> Linked:
    try:
        own.mkdir(mode=0o700)
        [manifest] = folder.glob("*.manifest")
        text = manifest.read_bytes()
        names = [line.split()[1].decode() for line in text.splitlines() if line.startswith(b"file ")]
        for name in names:
            (own / name).hardlink_to(folder / name)
        files = tuple((own / name, (own / name).stat().st_size) for name in names)
    except (OSError, ValueError) as error:
        shutil.rmtree(own, ignore_errors=True)
        raise Permanent(f"the append-only files in {folder} cannot be taken: {error}") from error
    return Linked(text, files, look(client), datetime.now(UTC))
