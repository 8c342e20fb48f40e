"""A live server gets its data without a stop: it follows a scratch server until it is in step, then it is its own master again.

Floor: tools. Meanwhile clients can read and not write. Keys are counted before the promotion, while nobody can change them.
What the server had to be told for the copy is taken back whatever happens, and what is left by a lost process is known by its folder.
"""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from redis.exceptions import BusyLoadingError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as NoConnection

from workers.errors import Permanent, Refused
from workers.sources.redis.faults import told
from workers.sources.redis.scratch import Scratch, Wish
from workers.sources.redis.session import Server
from workers.sources.redis.state import Keyspace, State, look, settings

LOOK = 0.05  # seconds
STALL = 120.0  # seconds without a step forward after which a copy is given up; a server that forks or flushes stands still for some
OURS = "canvasback."  # begins each password that a restore sets for its own time
_REACHABLE_AT_HOME = "127.0.0.1"


def wish(server: Server, folder: Path, databases: int) -> Wish:
    """A scratch server that this server can follow: it listens where this host is seen from there, with the login known there."""
    with server.session("asking for the way back") as client:
        said = settings(client, "masterauth", "masteruser", "tls-replication")
    address = _own_address(server)
    if said.get("tls-replication") == "yes":
        raise Refused(
            f"{server.options.address} replicates by TLS only (tls-replication yes), which a scratch server does not speak:"
            ' CONFIG SET tls-replication no for the time of the restore, or set restore = "files"'
        )
    known = said.get("masterauth", "")
    password = known if known and not _left(known) else OURS + secrets.token_urlsafe(24)
    return Wish(server.options, folder, databases, address, said.get("masteruser") or "", SecretStr(password))


def _left(password: str) -> bool:
    """Whether a password was set by a restore whose process was lost."""
    return password.startswith(OURS)


def _own_address(server: Server) -> str:
    """The address of this host that the server can reach: the one by which this host reaches it."""
    options = server.options
    if options.host is None:
        return _REACHABLE_AT_HOME
    with socket.create_connection((options.host, options.port), 10) as connection:
        return str(connection.getsockname()[0])


def follow(server: Server, master: Scratch, wanted: Wish) -> tuple[Keyspace, ...]:
    """The keys of a server that came in step with its master, counted before it was promoted."""
    with server.session("restoring") as client, _master_again(client), _told(client, master, wanted):
        client.execute_command("REPLICAOF", wanted.address, master.port)
        found = _in_step(server, client, master)
    return found.keyspace


@contextmanager
def _told(client: Any, master: Scratch, wanted: Wish) -> Iterator[None]:
    """What the server has to know for the time of the copy: the password, and that a replica is read-only."""
    before = settings(client, "masterauth", "replica-read-only")
    own = {"replica-read-only": "yes", "masterauth": master.server.secret or ""}
    back = {key: "" if key == "masterauth" and _left(value) else value for key, value in before.items()}
    try:
        for key, value in own.items():
            client.config_set(key, value)
        yield
    finally:
        for key in own:
            with suppress(NoConnection, ResponseError):  # the first reason is told
                client.config_set(key, back.get(key, ""))


@contextmanager
def _master_again(client: Any) -> Iterator[None]:
    """No server stays the replica of a scratch server that is about to end."""
    try:
        yield
    finally:
        with suppress(NoConnection):  # it ended itself; the first reason is told
            client.execute_command("REPLICAOF", "NO", "ONE")


def _in_step(server: Server, client: Any, master: Scratch) -> State:
    """Wait until the server has everything. Permanent where nothing moves any more, or one of the two ends."""
    seen, since = (-1, False), time.monotonic()
    while time.monotonic() - since < STALL:
        if master.process.poll() is not None:
            raise Permanent("the scratch server ended while its data were copied")
        try:
            now = look(client)
        except BusyLoadingError:
            since = time.monotonic()  # it loads, which has its own end
            continue
        if now.replication.in_step and now.replication.offset == _offset(master):
            return now
        progress = (now.replication.offset + int(now.bytes), now.loading)
        seen, since = (seen, since) if progress == seen else (progress, time.monotonic())
        time.sleep(LOOK)
    raise Permanent(f"{server.options.address} did not come in step with the scratch server within {STALL:.0f} s: its log says why")


def _offset(master: Scratch) -> int:
    with master.server.session("asking the scratch server") as client:
        return look(client).replication.offset


def settle(server: Server) -> tuple[str, ...]:
    """Wait until what was restored is on the server's disk; a warning where nothing would keep it there."""
    with server.session("saving what was restored") as client, told(server.options, "saving what was restored"):
        state = look(client)
        if state.saving.aof:
            return _rewritten(client)
        if not client.config_get("save").get("save"):
            return ("the server keeps nothing on disk (no save points, no append-only file): what was restored lasts until it stops",)
        with suppress(ReadOnlyError):
            client.bgsave(schedule=True)
        while (now := look(client)).saving.running:
            time.sleep(LOOK)
        return () if now.saving.good else ("the server could not save what was restored: its log says why",)


def _rewritten(client: Any) -> tuple[str, ...]:
    """After a full copy the server writes its append-only files anew by itself."""
    while (now := look(client)).saving.rewriting:
        time.sleep(LOOK)
    return () if now.saving.rewritten else ("the server could not write its append-only files anew: its log says why",)
