"""The folder of a scratch server: made with proof of room, held by a lock, gone with its owner. Floor: tools.

A worker that was killed cannot remove anything, so its folder goes when the next scratch server is made beside it: the kernel
lets go of the lock when its owner ends, and the server itself ended with its owner.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workers.errors import Refused
from workers.sources.mysql.scratch.options import RELAY

PREFIX = "scratch-"
_OWNER = "owner"
_SOCKET_LONGEST = 107  # bytes of a path that the kernel takes for a socket
_PARTS = ("tmp", RELAY)


@contextmanager
def home(parent: Path, room: int) -> Iterator[Path]:
    """An empty folder in `parent`, removed afterwards whatever happens. Refused where `room` bytes are not free there."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(parent)
    _has_room(parent, room)
    place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        with _held(place):
            _fits_socket(place)
            for part in _PARTS:
                (place / part).mkdir()
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Remove the folders whose owner is gone."""
    for place in parent.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError), (place / _OWNER).open("rb") as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _held(place: Path) -> Iterator[None]:
    """Hold the lock; it is in the folder only once it is held, so nobody sees it free before."""
    coming = place / f"{_OWNER}.part"
    with coming.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        coming.rename(place / _OWNER)
        yield


def _has_room(parent: Path, room: int) -> None:
    if (free := shutil.disk_usage(parent).free) < room:
        raise Refused(
            f"a scratch server for this backup needs {room:,} bytes, {parent} has {free:,} free: make room there, or give another folder"
        )


def _fits_socket(place: Path) -> None:
    if len(os.fsencode(place / "sock")) > _SOCKET_LONGEST:
        raise Refused(f"{place} is too long a path for a server's socket (107 bytes); give a folder with a shorter one")
