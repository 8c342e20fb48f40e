"""Who holds a repository of BorgBackup or its cache. Floor: tools.

BorgBackup writes the name of its host into a lock, and removes one of a process of that host that is gone. Told a name of our own, it
does so with what our processes left and with nothing else: not with locks of people's own BorgBackup here, nor of a container that is
named like this machine. But a process that is dead and that nobody has waited for is alive to it: what such a one of ours left is
removed here, as BorgBackup removes it.
"""

import json
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.sources.engine import marks

EXCLUSIVE, ROSTER = "lock.exclusive", "lock.roster"
_HOLDER = re.compile(r"(?P<host>.+)@.+\.(?P<pid>\d+)-[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock; `pid` is 0 where nobody is named. `since` is when its file was made, `path` that file, `whose` the host's name as in it."""

    host: str
    pid: int
    since: datetime
    whose: str
    path: Path

    def __str__(self) -> str:
        who = f"process {self.pid} of {self.host}" if self.pid else "nobody that it names"
        return f"{who} since {self.since:%Y-%m-%d %H:%M:%S%z}"


def locks(folder: Path) -> tuple[Lock, ...]:
    """Who holds the repository or cache in a folder: the one that writes, and those that read."""
    return (*_exclusive(folder / EXCLUSIVE), *_shared(folder / ROSTER))


def _exclusive(place: Path) -> Iterator[Lock]:
    if place.is_dir():
        names = [path.name for path in place.iterdir()]
        for name in names or [""]:
            found = _HOLDER.fullmatch(name)
            host, pid = (found["host"], int(found["pid"])) if found else (name, 0)
            yield Lock(host, pid, _made(place), name.rpartition(".")[0], place / name)


def _shared(roster: Path) -> Iterator[Lock]:
    try:
        found = json.loads(roster.read_text())
    except (OSError, ValueError):
        return
    for host, pid, _ in found.get("shared", ()):
        yield Lock(str(host).rpartition("@")[0], int(pid), _made(roster), str(host), roster)


def _made(place: Path) -> datetime:
    return datetime.fromtimestamp(place.stat().st_mtime, UTC)


def release(lock: Lock, state: Path) -> bool:
    """Take away a lock that a dead process of ours left; False where it is somebody else's, or its process lives."""
    if lock.whose != host_id(state) or marks.left(state, lock.pid, lock.since) is None:
        return False
    if lock.path.name == ROSTER:
        return _struck(lock)
    lock.path.unlink(missing_ok=True)
    with suppress(OSError):  # somebody else has it by now
        lock.path.parent.rmdir()
    return True


def _struck(lock: Lock) -> bool:
    """Strike a reader off the roster, which only who holds the exclusive lock may write; False where that is another one."""
    exclusive = lock.path.with_name(EXCLUSIVE)
    with tempfile.TemporaryDirectory(prefix=f"{EXCLUSIVE}.", dir=lock.path.parent) as folder:
        coming = Path(folder, "coming")
        coming.mkdir()
        (mine := coming / f"{lock.whose}.{os.getpid()}-0").touch()
        try:
            coming.rename(exclusive)  # as BorgBackup takes it: an empty one is nobody's
        except OSError:
            return False
    found = json.loads(lock.path.read_text())
    found["shared"] = [reader for reader in found["shared"] if reader[:2] != [lock.whose, lock.pid]]
    lock.path.write_text(json.dumps(found))
    (exclusive / mine.name).unlink()
    exclusive.rmdir()
    return True


def host_id(state: Path) -> str:
    """The name that our processes of this machine write into their locks, the same for ever: random, and kept in `state`."""
    marks.own(state)
    place = state / "host"
    if not place.exists():
        coming = place.with_name(f"host-{os.getpid()}")
        coming.write_text(secrets.token_hex(8))
        with suppress(FileExistsError):
            place.hardlink_to(coming)
        coming.unlink()
    return f"{socket.gethostname()}@canvasback-{place.read_text()}"
