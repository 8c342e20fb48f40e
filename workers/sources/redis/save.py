"""BGSAVE on the server's own machine, watched to its end; the file is read while it has its name, or long after. Floor: tools.

LASTSAVE counts whole seconds and is set at start-up, too, so it has to change while the same process (`run_id`) runs.
A save that runs already is waited for and taken: it began a little earlier, and it costs no second fork.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as TooLate

from workers.errors import Permanent
from workers.sources.redis.link import BLOCK
from workers.sources.redis.session import Server
from workers.sources.redis.state import State, look, settings

LOOK = 0.1  # seconds between two looks
_BUSY = ("already in progress", "in progress")


@contextmanager
def saved(server: Server) -> Iterator[Iterator[bytes]]:
    """The RDB of a save that ended well, in pieces. Permanent where it failed, or where its file cannot be read from here."""
    with server.session("saving") as client:
        path = _path(client)
        _save(server, client)
    try:
        file = path.open("rb")
    except OSError as error:
        raise Permanent(
            f"{server.options.address} saved to {path}, which cannot be read here ({error.strerror}): run the worker there, as a user that"
            ' may read it, or set method = "stream"'
        ) from error
    with file:  # a later save replaces the name, never what was opened
        yield iter(lambda: file.read(BLOCK), b"")


def _path(client: Any) -> Path:
    said = settings(client, "dir", "dbfilename")
    return Path(str(said["dir"]), str(said["dbfilename"]))


def _save(server: Server, client: Any) -> None:
    """A save that ended well after this began, or was running then."""
    before = look(client)
    if before.saving.running and _ended(server, client, before):
        return
    before = look(client)
    _next_second(client, before.saving.last)
    try:
        client.bgsave(schedule=True)
    except ResponseError as error:
        if not any(word in str(error) for word in _BUSY):
            raise Permanent(failed(server, client, f"BGSAVE was refused: {error}")) from error
    if not _ended(server, client, before):
        raise Permanent(failed(server, client, "LASTSAVE did not change"))


def _next_second(client: Any, last: int) -> None:
    """Wait until a save that begins now would show another LASTSAVE."""
    while client.time()[0] <= last:
        time.sleep(LOOK)


def _ended(server: Server, client: Any, before: State) -> bool:
    """Wait for the end of a save; whether it wrote a file. Permanent where it failed, or where the server was restarted meanwhile."""
    while (now := _seen(server, client, before)).saving.running or _scheduled(client):
        time.sleep(LOOK)
    if not now.saving.good:
        raise Permanent(failed(server, client, "rdb_last_bgsave_status is err"))
    return now.saving.last != before.saving.last


def _scheduled(client: Any) -> bool:
    return bool(int(client.info("persistence").get("rdb_bgsave_scheduled", 0)))


def _seen(server: Server, client: Any, before: State) -> State:
    try:
        now = look(client)
    except (NoConnection, TooLate) as error:
        raise Permanent(f"{server.options.address} ended in the middle of its save: {error}") from error
    if now.run_id != before.run_id:
        raise Permanent(f"{server.options.address} was restarted in the middle of its save; what it loaded at start is no new backup")
    return now


def failed(server: Server, client: Any, how: str) -> str:
    """Why a save did not come about, and what else follows from it."""
    words = f"{server.options.address} could not save ({how}): its log says why: a disk that is full or closed to it, or no memory to fork"
    with suppress(ResponseError):
        said = settings(client, "dir", "stop-writes-on-bgsave-error", "save")
        words += f" (its folder is {said.get('dir')}; a fork needs vm.overcommit_memory = 1)"
        if said.get("stop-writes-on-bgsave-error") == "yes" and said.get("save"):
            words += ". It REFUSES WRITES until a save succeeds (stop-writes-on-bgsave-error)"
    return words
