"""The folder of a scratch server: made with proof of room, held by a lock, gone with its owner. Floor: tools.

A worker that was killed cannot remove anything, so its folder goes when the next scratch server is made beside it: the kernel
lets go of the lock when its owner ends, and the server itself ended with its owner.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.errors import Refused
from workers.sources.mysql.scratch.options import RELAY

PREFIX = "scratch-"
_OWNER = "owner"
_SOCKET_LONGEST = 107  # bytes of a path that the kernel takes for a socket
_PARTS = ("tmp", RELAY)
_FULL = 64 << 20  # bytes that are left


@contextmanager
def home(parent: Path, room: int, kind: str = PREFIX) -> Iterator[Path]:
    """An empty folder in `parent`, removed afterwards whatever happens. Refused where `room` bytes are not free there.

    Its name begins with its kind. Only folders of the same kind are swept before.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(parent, kind)
    has_room(parent, room)
    place = Path(tempfile.mkdtemp(prefix=kind, dir=parent))
    try:
        with held(place):
            fits_socket(place)
            furnish(place)
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def furnish(place: Path) -> None:
    """Make the folders that a server writes to beside its data; they may be there."""
    for part in _PARTS:
        (place / part).mkdir(exist_ok=True)


def sweep(parent: Path, kind: str = PREFIX) -> int:
    """Remove the folders of a kind whose owner is gone; how many."""
    gone = lost(parent, kind)
    for place in gone:
        shutil.rmtree(place, ignore_errors=True)
    return len(gone)


def lost(parent: Path, kind: str = PREFIX) -> list[Path]:
    """The folders of a kind whose owner is gone."""
    return [place for place in parent.glob(f"{kind}*") if is_held(place) is False]


def is_held(place: Path) -> bool | None:
    """Whether a living process holds a folder; None where nobody has held it yet."""
    try:
        with (place / _OWNER).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return True
    return False


@contextmanager
def held(place: Path) -> Iterator[None]:
    """Hold a folder as long as the block lasts. The lock is in it only once it is held, so nobody sees it free before."""
    coming = place / f"{_OWNER}.part"
    with coming.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        coming.rename(place / _OWNER)
        yield


def has_room(parent: Path, room: int) -> None:
    """Refused, with the figures, where so many bytes are not free in a folder."""
    if (free := shutil.disk_usage(parent).free) < room:
        raise Refused(
            f"a scratch server for this backup needs {room:,} bytes, {parent} has {free:,} free, so {room - free:,} are missing:"
            " make room there, or name another disk (scratch_dir in the settings, or where a new server is to be)"
        )


def full(place: Path) -> str:
    """That the disk of a scratch server's folder is full, so that it is no judge of a backup; "" where it is not."""
    return f"the disk of {place.parent} is full" if shutil.disk_usage(place).free < _FULL else ""


def fits_socket(place: Path) -> None:
    """Refused where a server's socket in this folder would have too long a path."""
    if len(os.fsencode(place / "sock")) > _SOCKET_LONGEST:
        raise Refused(f"{place} is too long a path for a server's socket (107 bytes); give a folder with a shorter one")
