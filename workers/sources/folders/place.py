"""What stands at a place, about how much of it, and whether a restore may go there. Floor: tools."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order
from workers.errors import Permanent, Refused
from workers.plans.values import size_text
from workers.ports import Place
from workers.sources.folders.paths import place_of

_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(rb"\\([0-7]{3})")  # a blank, tab, line feed or backslash in a mount point
MOST = 200_000  # names that an estimate looks at: 0.6 s; a larger folder is told as large at least
SPARE = 64 << 20  # bytes that stay free beside the restored files, for folders, plan and the file system's own


@dataclass(frozen=True, slots=True)
class Extent:
    """Names, those that are regular files, the bytes of these, and the same with each file of several names once.

    `whole`: none was passed over because there are so many.
    """

    names: int
    files: int
    bytes: int
    once: int
    whole: bool = True


def measure(root: Path, most: int | None = None) -> Extent:
    """Count a folder, links not followed. What cannot be read, or goes away meanwhile, is passed over."""
    names = files = size = again = 0
    seen: set[tuple[int, int]] = set()
    for found in _walk(os.fspath(root)):
        names += 1
        if found is not None:
            files, size = files + 1, size + found.st_size
            if found.st_nlink > 1:
                again += found.st_size if (found.st_dev, found.st_ino) in seen else 0
                seen.add((found.st_dev, found.st_ino))
        if most is not None and names > most:
            return Extent(names, files, size, size - again, whole=False)
    return Extent(names, files, size, size - again)


def _walk(*roots: str) -> Iterator[os.stat_result | None]:
    """Every name below some folders: what lstat says where it is a regular file, else None."""
    folders = list(roots)
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                yield entry.stat(follow_symlinks=False) if entry.is_file(follow_symlinks=False) else None


def look(into: str, proof: str) -> Place:
    """What stands at a place, and how a restore to it is proven, in words. Refused where it is no folder of its own."""
    path, name = place_of(into), os.path.normpath(into)
    names, exists = _names(path)
    found = measure(path, MOST) if names else Extent(0, 0, 0, 0)
    aside = f"{path}.before-<time>"
    return Place(name, exists, not names, max(found.names, names), found.bytes, unit="name", aside=aside, proof=proof)


def _names(path: Path) -> tuple[int, bool]:
    """How many names a folder has, 0 or 1 or more, and whether it is there."""
    try:
        return (1 if any(path.iterdir()) else 0), True
    except FileNotFoundError:
        return 0, False
    except NotADirectoryError as error:
        raise Refused(f"{path} is no folder; name another place") from error
    except OSError as error:
        raise Permanent(f"{path} cannot be looked at: {error.strerror}") from error


def allowed(order: Order, place: Place) -> Path:
    """Where a restore goes. Refused where something stands there unconfirmed, or it cannot be exchanged by a rename. Changes nothing."""
    into = place_of(order.into)
    if not place.empty and order.confirm is None:
        raise Refused(f"{into} holds {place.rows} names; restore to another folder, or confirm that it is moved aside")
    if not into.parent.is_dir():
        raise Refused(f"{into.parent} is no folder; make it first, or restore to another place")
    mounts = mounted(into)
    if into in mounts:
        raise Refused(f"{into} is a mount point and cannot be moved aside; restore to a folder on the same file system: {into}/restored")
    if mounts and not order.objects:
        raise Refused(f"{mounts[0]} is mounted inside of {into} and would be moved aside with it; unmount it, or restore to another folder")
    return into


def mounted(folder: Path) -> tuple[Path, ...]:
    """What is mounted at a folder or inside of it, as the kernel has it: a bind mount of the same file system looks like any folder."""
    fields = (line.split(b" ") for line in _MOUNTS.read_bytes().splitlines())
    points = {_ESCAPED.sub(lambda sign: bytes([int(sign[1], 8)]), found[4]) for found in fields}
    whole = os.fsencode(folder)
    return tuple(Path(os.fsdecode(point)) for point in sorted(points) if point == whole or point.startswith(whole + b"/"))


def room(above: Path, needed: int) -> None:
    """Refused where the file system of a folder has not room for so many bytes more."""
    found = os.statvfs(above)
    free = found.f_bavail * found.f_frsize
    if free < needed + SPARE:
        more = size_text((needed + SPARE - free + (1 << 20) - 1) >> 20 << 20)
        raise Refused(f"{above} has no room for the restored files: {more} more are needed")


def readable(path: Path, *, allow_empty: bool) -> Path:
    """The folder to be read, links resolved. Refused where it is missing, or empty and that is no backup: a lost mount looks the same."""
    try:
        found = path.resolve(strict=True)
        empty = not any(found.iterdir())
    except OSError as error:
        raise Refused(f"{path} cannot be backed up: {error.strerror}; is it mounted? `path` of this target names it") from error
    if empty and not allow_empty:
        raise Refused(f"{path} is empty, as a lost mount is; mount it, or set allow_empty = true")
    return found
