"""Everything that a backup of one Redis needs, looked at without changing anything. Floor: tools."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from redis.exceptions import RedisError, ResponseError

from workers.errors import Failure
from workers.ports import Finding
from workers.sources.redis import tools
from workers.sources.redis.aof import METHOD
from workers.sources.redis.broker import WARNING, is_broker
from workers.sources.redis.faults import failure
from workers.sources.redis.session import Server
from workers.sources.redis.state import State, look, release, settings

Look: TypeAlias = Callable[[Server, Any, State], Iterator[Finding]]

OLDEST = (6, 0)  # before it there are no users, and nothing here was tried
_ASKED = ("repl-diskless-sync", "repl-diskless-sync-delay", "dir", "stop-writes-on-bgsave-error", "save", "appendonly")
_DELAY = 1  # seconds a server may wait for other replicas before it forks


def examine(server: Server) -> tuple[Finding, ...]:
    """All findings; those after a failed login are left out, for nobody could know them."""
    try:
        with server.session("looking") as client:
            state = look(client)
            return tuple(finding for asked in _LOOKS for finding in _safely(asked, server, client, state))
    except Failure as error:
        return (Finding(False, "login", error.reason, "see `host`, `socket`, `user` in the settings and the target's password secret"),)


def _safely(asked: Look, server: Server, client: Any, state: State) -> Iterator[Finding]:
    title = asked.__name__.strip("_").replace("_", " ")
    try:
        yield from asked(server, client, state)
    except RedisError as error:
        yield Finding(False, title, failure(error, server.options, "looking").reason)
    except Failure as error:
        yield Finding(False, title, error.reason)


def _login(server: Server, client: Any, state: State) -> Iterator[Finding]:
    yield Finding(True, "login", f"{server.options.user or 'the default user'} on {server.options.address}")
    fine = state.release >= OLDEST
    yield Finding(fine, "server", f"{state.flavour} {state.version}, {state.keys} keys", "" if fine else "needs Redis 6.0 or later")


def _broker(server: Server, client: Any, state: State) -> Iterator[Finding]:
    own = is_broker(client)
    yield Finding(not own, "broker", "the broker itself" if own else "another server than the broker", WARNING if own else "")


def _role(server: Server, client: Any, state: State) -> Iterator[Finding]:
    if state.replication.master:
        yield Finding(True, "role", f"master with {state.replication.replicas} replicas")
        return
    link = "in step" if state.replication.in_step else "NOT in step"
    remedy = f"repair the link, for these data are as old as it; where {state.replication.follows} is gone for good: REPLICAOF NO ONE"
    yield Finding(state.replication.in_step, "role", f"replica of {state.replication.follows}, {link}", remedy if "NOT" in link else "")


def _method(server: Server, client: Any, state: State) -> Iterator[Finding]:
    """What the way of reading needs. Settings that may not be asked for are told as such."""
    try:
        said = settings(client, *_ASKED)
    except ResponseError:
        yield Finding(True, "settings", "cannot be read (CONFIG GET is not allowed to this user); they are not looked at")
        return
    if server.options.method == "stream":
        yield from _streamed(said)
    else:
        yield from _read_here(server, said)
    if not state.saving.good:
        stops = said.get("stop-writes-on-bgsave-error") == "yes" and bool(said.get("save"))
        words = "failed; the server REFUSES WRITES until one succeeds" if stops else "failed"
        yield Finding(False, "last save", words, "see the server's log: a full disk, or no memory to fork; then BGSAVE")


def _streamed(said: Any) -> Iterator[Finding]:
    straight = said.get("repl-diskless-sync") == "yes"
    remedy = "CONFIG SET repl-diskless-sync yes: else each backup writes the RDB to the server's own disk first"
    yield Finding(straight, "repl-diskless-sync", "yes" if straight else "no", "" if straight else remedy)
    delay = int(said.get("repl-diskless-sync-delay", 0))
    words = "" if delay <= _DELAY else "CONFIG SET repl-diskless-sync-delay 0: each backup waits that long for other replicas to join"
    yield Finding(delay <= _DELAY or not straight, "repl-diskless-sync-delay", f"{delay} s", words if straight else "")


def _read_here(server: Server, said: Any) -> Iterator[Finding]:
    folder = Path(said["dir"])
    fine = folder.is_dir()
    remedy = "" if fine else 'run the worker on the machine of the server, or set method = "stream"'
    yield Finding(fine, "folder", f"{folder}{'' if fine else ' is not on this machine'}", remedy)
    if server.options.method == METHOD:
        on = said.get("appendonly") == "yes"
        yield Finding(on, "appendonly", "yes" if on else "no", "" if on else "CONFIG SET appendonly yes, and CONFIG REWRITE")


def _programs(server: Server, client: Any, state: State) -> Iterator[Finding]:
    program = tools.find(server.options, tools.SERVER)
    here = tools.version(program) if program else ""
    fine = bool(program) and release(here)[:2] >= state.release[:2]
    found = f"{program} {here}" if program else "missing"
    remedy = (
        "" if fine else f"a restore proves itself on a scratch server: install redis-server {state.version} or later here, or set `tools`"
    )
    yield Finding(fine, "scratch server", found, remedy)
    if server.options.prove != "crc":
        checker = tools.find(server.options, tools.CHECKER)
        hint = "" if checker else 'install redis-check-rdb here, or set prove = "crc": the CRC and the structure are proven either way'
        yield Finding(checker is not None, "redis-check-rdb", str(checker or "missing"), hint)


def _overcommit(server: Server, client: Any, state: State) -> Iterator[Finding]:
    """Whether the kernel lets a server fork that holds more than half the memory; only where it is this machine's own."""
    if tools.runs_here(state.pid):
        value = Path("/proc/sys/vm/overcommit_memory").read_text().strip()
        yield Finding(value == "1", "vm.overcommit_memory", value, "" if value == "1" else "sysctl vm.overcommit_memory=1: a save forks")


_LOOKS: tuple[Look, ...] = (_login, _broker, _role, _method, _programs, _overcommit)
