"""The place on a host in which scratch servers live: what one needs, and whether the host has it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workers.alerts.words import size
from workers.artifact import Facts
from workers.bench import planning
from workers.bench.tools import Tools
from workers.errors import Failure, Permanent, Refused
from workers.ports import Finding, LogSource, ReplaySource

LIVE = "live server"  # the finding that names it
LOOKING = "find-"  # how the folders are called in which logs are looked into
GROWS = 3  # times the bytes of its SQL: 1.5 (MariaDB) and 1.9 (MySQL) for the demo's data, and room to build keys
FILES = 512 << 20  # bytes that a server on the files of another makes by itself: redo and undo logs, temporary tables
EMPTY = 300 << 20  # bytes of a server that holds nothing yet: 128 MB on MariaDB, 212 MB on MySQL
LOGS = 3  # the logs themselves, the replay's own, and their rows in the tables


@dataclass(frozen=True, slots=True)
class Need:
    """What a replay needs of its host: programs for these facts, room, and a free path for a new server's data folder ("": none).

    `live`: the stores and the live server have to be reached, too.
    """

    facts: Facts
    room: int
    server: str = ""
    live: bool = False


def room(mode: str, plain: int, logs: int) -> int:
    """Bytes that a replay on a backup of that mode needs in the scratch place: roughly, and rather too many."""
    return (FILES + plain if mode == "physical" else EMPTY + GROWS * plain) + LOGS * logs


def has_room(folder: Path, wanted: int) -> None:
    """Refused where so many bytes are not free on the disk of a folder."""
    if (free := shutil.disk_usage(folder).free) < wanted:
        raise Refused(
            f"a scratch server needs {size(wanted)}, and {folder} has {size(free)} free; make room, or set scratch_dir to another disk"
        )


def make(folder: Path) -> None:
    """Make a new folder for one run, or one look into logs, that nobody else reads. Permanent where it cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise Permanent(f"{folder} cannot be made: {error.strerror}; see scratch_dir in the settings") from error


def able(tools: Tools, target: str, need: Need) -> tuple[Finding, ...]:
    """What this host says to that. Changes nothing."""
    source, folder = tools.source(target), tools.settings.scratch_dir
    if not isinstance(source, ReplaySource):
        return (Finding(False, "logs", f"{target} has none that could be replayed"),)
    live = (_stores(tools, target), _live(source)) if need.live else ()
    return (source.check_replay(need.facts), _room(folder, need.room), *_new_server(folder, need.server), *live)


def _stores(tools: Tools, target: str) -> Finding:
    """Whether this host can read a backup of the target."""
    try:
        return Finding(True, "stores", planning.newest(tools, target).stores[0].name)
    except Failure as failure:
        return Finding(False, "stores", failure.reason)


def _live(source: object) -> Finding:
    """Which server answers as the live one; another host may reach another one under the same address."""
    try:
        return Finding(True, LIVE, source.identity() if isinstance(source, LogSource) else "")
    except Failure as failure:
        return Finding(False, LIVE, failure.reason)


def _room(folder: Path, room: int) -> Finding:
    there = _there(folder)
    if not os.access(there, os.W_OK):
        return Finding(
            False, "scratch", f"{there} cannot be written by the worker", f"make scratch_dir = {folder} its own, or set another folder"
        )
    try:
        has_room(there, room)
    except Refused as refused:
        return Finding(False, "room", refused.reason)
    return Finding(True, "room", str(folder))


def _there(folder: Path) -> Path:
    """The folder, or what is there of the way to it."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _new_server(folder: Path, server: str) -> Iterator[Finding]:
    if not server:
        return
    place = Path(server)
    there = _there(folder)
    if not place.is_absolute() or not place.parent.is_dir():
        yield Finding(False, "server", f"{server} cannot be made: its folder {place.parent} is not there")
    elif place.exists():
        yield Finding(False, "server", f"{server} exists; a new server's data folder is made, never written into: name another")
    elif place.parent.stat().st_dev != there.stat().st_dev:
        yield Finding(
            False, "server", f"{server} is on another disk than scratch_dir = {folder}; name a path there, or set scratch to its disk"
        )
    else:
        yield Finding(True, "server", server)
