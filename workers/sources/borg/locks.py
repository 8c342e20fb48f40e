"""Who holds a repository of BorgBackup or its cache. Floor: tools.

BorgBackup writes the name of its host into a lock, and removes one of a process of that host that is gone. Told a name of our own, it
does so with what our processes left and with nothing else: not with locks of people's own BorgBackup here, nor of a container that is
named like this machine.
"""

import json
import os
import re
import secrets
import socket
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
    """A lock; `pid` is 0 where nobody is named. `since` is when its file was made."""

    host: str
    pid: int
    since: datetime

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
            yield Lock(found["host"] if found else name, int(found["pid"]) if found else 0, _made(place))


def _shared(roster: Path) -> Iterator[Lock]:
    try:
        found = json.loads(roster.read_text())
    except (OSError, ValueError):
        return
    for host, pid, _ in found.get("shared", ()):
        yield Lock(str(host).rpartition("@")[0], int(pid), _made(roster))


def _made(place: Path) -> datetime:
    return datetime.fromtimestamp(place.stat().st_mtime, UTC)


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
