"""A scratch server: an RDB loaded by a Redis of our own, which proves it and can hand it on as a master. Floor: tools.

Its settings go to it by stdin, so that its password is neither in a file nor in argv. It dies with the worker.
"""

import json
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers import command
from workers.errors import Corrupt, Permanent, Transient
from workers.sources.redis import tools
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.session import Server
from workers.sources.redis.state import State, look

RDB = "dump.rdb"
LOOK = 0.05  # seconds
LOG = "scratch.log"
_DAMAGED = ("RDB", "loading DB", "Wrong signature", "CRC", "corrupt", "encoding")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a scratch server is to be: its folder with the RDB in it, how many databases, and where a replica will reach it.

    It listens on one address, and lets nobody in without a password. `user` and `password` are those that the replica knows.
    `appended` is the name of append-only files in `appendonlydir`, which it then reads instead of an RDB.
    """

    options: RedisOptions
    folder: Path
    databases: int
    address: str = "127.0.0.1"
    user: str = ""
    password: SecretStr | None = None
    appended: str = ""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A scratch server that has loaded its RDB: how to ask it, the port of its address, and what it loaded."""

    server: Server
    port: int
    state: State
    process: "subprocess.Popen[bytes]"


@contextmanager
def scratch(wish: Wish) -> Iterator[Scratch]:
    """A server that has loaded `dump.rdb`, for as long as the block lasts; Corrupt where that is damaged."""
    program, port = tools.server(wish.options), _free(wish.address)
    password = wish.password or SecretStr(secrets.token_urlsafe(24))
    process = command.start([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        _tell(process, lines(wish, port, password))
        server = Server(RedisOptions.model_validate({"host": wish.address, "port": port}), password)
        yield Scratch(server, port, _loaded(server, process, wish.folder / LOG), process)
    finally:
        process.send_signal(signal.SIGKILL)  # nothing in it is worth a clean end
        process.wait()
        for pipe in (process.stdin, process.stderr):
            if pipe:
                pipe.close()


def lines(wish: Wish, port: int, password: SecretStr) -> str:
    """Its settings: nothing is saved, and a replica gets its copy at once, straight from the fork."""
    words = password.get_secret_value()
    user = [f"user {wish.user} on {json.dumps('>' + words)} ~* &* +@all"] if wish.user else []
    own = {"port": port, "dir": f'"{wish.folder}"', "dbfilename": RDB, "bind": wish.address}
    rest = {
        "logfile": f'"{wish.folder / LOG}"',
        "databases": wish.databases,
        "save": '""',
        "daemonize": "no",
    }
    copy = {"repl-diskless-sync": "yes", "repl-diskless-sync-delay": 0, "client-output-buffer-limit": "replica 0 0 0"}
    parts = {"appendonly": "yes", "appendfilename": json.dumps(wish.appended)} if wish.appended else {"appendonly": "no"}
    pairs = [f"{key} {value}" for key, value in (own | rest | copy | parts).items()]
    return "\n".join([*pairs, f"requirepass {json.dumps(words)}", *user, ""])


def _tell(process: "subprocess.Popen[bytes]", text: str) -> None:
    assert process.stdin is not None  # it was asked for
    with suppress(BrokenPipeError), process.stdin:  # it may have ended; why is told by who waits for its answer
        process.stdin.write(text.encode())


def _free(address: str) -> int:
    """A port of an address of this machine that nobody listens on now."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _loaded(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> State:
    """Wait until it has loaded everything: as long as it takes, for it ends by itself where it cannot."""
    while process.poll() is None:
        try:
            with server.session("asking the scratch server") as client:
                state = look(client)
            if not state.loading:
                return state
        except Transient:
            pass  # it does not listen yet
        time.sleep(LOOK)
    said = last_words(log) or (process.stderr.read().decode(errors="replace").strip()[-600:] if process.stderr else "")
    kind = Corrupt if any(word in said for word in _DAMAGED) else Permanent
    raise kind(f"a scratch server could not load the RDB: {said or f'it ended with {process.returncode}'}")


def last_words(log: Path, count: int = 4) -> str:
    """The end of the warnings in its log."""
    if not log.exists():
        return ""
    said = [line.partition(" # ")[2] for line in log.read_text(errors="replace").splitlines() if " # " in line]
    return " | ".join(line for line in said if "overcommit" not in line and "THP" not in line)[-600:]
