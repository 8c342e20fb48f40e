"""A server is stopped, its files are put aside, the backup's are put in their place, and it is started again. Floor: tools.

A server whose `appendonly` is on reads its append-only files and no RDB: placed beside an empty one, an RDB is lost silently. So the
backup is placed as both: as the RDB, and as the base of new append-only files. Whichever the server reads, it reads the backup.
Where it does not come up with every key, the old files come back. Nothing is ever overwritten.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers import command
from workers.artifact import Order
from workers.errors import Failure, Permanent, Refused, Transient
from workers.sources.redis import tools
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.session import Server
from workers.sources.redis.state import State, look, release, settings

LOOK = 0.1  # seconds
PATIENCE = 120.0  # seconds a server may take to stop (it may save first), and to answer after its start; loading has no limit
_FOLDERS = (7, 0)  # from this version on the append-only files lie in a folder
_NAMES = (("dir", "folder"), ("dbfilename", "rdb_name"), ("appendfilename", "aof_name"), ("appenddirname", "aof_folder"))


def files(options: RedisOptions) -> tuple[Path, ...]:
    """What a server loads at its start: the RDB, the append-only file of Redis 6, and the folder of Redis 7."""
    return tuple(_folder(options) / name for name in (options.rdb_name, options.aof_name, options.aof_folder))


def _folder(options: RedisOptions) -> Path:
    if options.folder is None:
        raise Refused('restore = "files" needs `folder`')
    return options.folder


def fits(server: Server, order: Order) -> None:
    """Refused, before anything is changed, where the folder is not this server's, or programs, rights or room are missing."""
    options, folder = server.options, _folder(server.options)
    for argv in (options.stop, options.start):
        if shutil.which(argv[0]) is None:
            raise Refused(f"no program {argv[0]}, which `stop` or `start` of this target names")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(f"{folder} (`folder` of this target) is not there, or this worker may not write to it")
    size = int(dict(order.facts.extras).get("rdb_bytes", 0))
    if (free := shutil.disk_usage(folder).free) < size * 2:
        raise Refused(f"{folder} has {free:,} bytes free, the restore needs {size * 2:,} beside the old files")
    try:
        with server.session("asking for its files") as client:
            said = settings(client, *(name for name, _ in _NAMES))
    except Transient:
        return  # it is down, as it may be
    for name, key in _NAMES:
        if name in said and Path(said[name]).resolve() != Path(str(getattr(options, key))).resolve():
            here = getattr(options, key)
            raise Refused(f"{name} of {options.address} is {said[name]}, `{key}` of this target is {here}: make them equal")


def swap(server: Server, order: Order, rdb: Path, wanted: State) -> str:
    """Put the backup into the stopped server and start it; what to say about its old files. `wanted` is a server that has loaded the RDB.

    Permanent, with the old files back, where it does not come up with as many keys.
    """
    version = _stop(server) or release(order.facts.version)
    aside = _new(server.options, order)
    with _back_again(server, aside):
        _put_aside(server.options, aside)
        _place(server.options, rdb, version)
        _equal(wanted, _start(server))
    return f"what the server had before is in {aside}; remove it when nobody needs it"


def _equal(wanted: State, found: State) -> None:
    """Permanent where fewer keys were loaded. Redis 7 tells how many; an older one is believed by its lasting keys."""
    if found.expired >= 0:
        if (loaded := found.loaded + found.expired) != (keys := wanted.loaded + wanted.expired):
            raise Permanent(f"it loaded {loaded} keys of {keys}")
    elif (loaded := _lasting(found)) < (keys := _lasting(wanted)):
        raise Permanent(f"it has {loaded} lasting keys, {keys} are in the backup")


def _lasting(state: State) -> int:
    return sum(space.keys - space.expiring for space in state.keyspace)


def _stop(server: Server) -> tuple[int, ...]:
    """Stop it and wait until nobody answers; its version, () where it was down already."""
    state = _state(server)
    if state is None:
        return ()
    _run(server.options.stop)
    end = time.monotonic() + PATIENCE
    while (now := _state(server)) is not None or tools.runs_here(state.pid):
        if now is not None and now.run_id != state.run_id:
            raise Permanent(f"{server.options.address} came up again by itself after `stop`: name a command that keeps it down")
        if time.monotonic() > end:
            raise Permanent(f"{server.options.address} still answers {PATIENCE:.0f} s after `stop` ({' '.join(server.options.stop)})")
        time.sleep(LOOK)
    return state.release


def _state(server: Server) -> State | None:
    try:
        with server.session("looking whether it runs") as client:
            return look(client)
    except Transient:
        return None


def _run(argv: list[str]) -> None:
    """Run a command to its end. What it leaves running may hold its pipes, so nobody waits for those."""
    child = command.start(argv, stdout=subprocess.DEVNULL)
    assert child.stderr is not None  # it always is a pipe
    with child.stderr:
        try:
            status = child.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            child.kill()
            child.wait()
            raise Permanent(f"`{' '.join(argv)}` did not end within {PATIENCE:.0f} s: name a command that returns") from error
        if status:
            os.set_blocking(child.stderr.fileno(), False)
            said = (child.stderr.read() or b"").decode(errors="replace").strip()[-400:]
            raise Permanent(f"`{' '.join(argv)}` ended with {status}: {said}")


def _new(options: RedisOptions, order: Order) -> Path:
    """A new folder within the server's; those of earlier tries stay as they are."""
    folder, number = _folder(options), 1
    while (aside := folder / f"before-{order.backup}-{number}").exists():
        number += 1
    aside.mkdir(mode=0o700)
    return aside


def _put_aside(options: RedisOptions, aside: Path) -> None:
    for path in files(options):
        if path.exists():
            path.rename(aside / path.name)


def _place(options: RedisOptions, rdb: Path, version: tuple[int, ...]) -> None:
    """The backup as the RDB and as append-only files, with the owner of the folder."""
    folder, (main, old, parts) = _folder(options), files(options)
    _copied(rdb, main)
    if version >= _FOLDERS:
        parts.mkdir(mode=0o750)
        base, more = f"{options.aof_name}.1.base.rdb", f"{options.aof_name}.1.incr.aof"
        (parts / base).hardlink_to(main)  # neither is ever written to again: the server replaces them by name
        (parts / more).touch(mode=0o640)
        (parts / f"{options.aof_name}.manifest").write_text(f"file {base} seq 1 type b\nfile {more} seq 1 type i\n")
    else:
        _copied(rdb, old)  # Redis 6 appends to it; an RDB is its usual beginning (aof-use-rdb-preamble)
    owner = folder.stat()
    for path in (main, old, parts, *parts.glob("*")):
        if path.exists() and os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def _copied(source: Path, path: Path) -> None:
    coming = path.with_name(f"{path.name}.coming")
    with source.open("rb") as reader, coming.open("wb") as file:
        os.fchmod(file.fileno(), 0o640)
        shutil.copyfileobj(reader, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    coming.rename(path)


def _start(server: Server) -> State:
    """Start it and wait until it has loaded everything."""
    _run(server.options.start)
    end = time.monotonic() + PATIENCE
    while (state := _state(server)) is None or state.loading:
        if state is None and time.monotonic() > end:
            raise Permanent(f"it does not answer {PATIENCE:.0f} s after `start` ({' '.join(server.options.start)})")
        time.sleep(LOOK)
    return state


@contextmanager
def _back_again(server: Server, aside: Path) -> Iterator[None]:
    """Where the block fails, the server gets its old files again, and runs with them."""
    try:
        yield
    except (Failure, OSError) as reason:
        problem = _undone(server, aside)
        words = f"its old files could not be brought back: {problem}" if problem else "it runs with its old files again"
        raise Permanent(f"{server.options.address} did not come up with the backup: {reason}; {words}") from reason


def _undone(server: Server, aside: Path) -> str:
    """What went wrong with the way back; "" where nothing did."""
    try:
        _stop(server)
        for path in files(server.options):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for path in aside.iterdir():
            path.rename(aside.parent / path.name)
        aside.rmdir()
        _start(server)
    except (Failure, OSError) as error:
        return f"{error}; they are in {aside}"
    return ""
