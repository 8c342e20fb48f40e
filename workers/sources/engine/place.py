"""Folders: what stands in one, and whether one may be read or restored to. Floor: tools."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order
from workers.errors import Permanent, Refused
from workers.ports import Place
from workers.sources.folders import place_of

MOST = 200_000  # regular files that are looked at for an estimate: 0.6 s


@dataclass(frozen=True, slots=True)
class Extent:
    """Regular files, their bytes, and those bytes with each file of several names once; `whole`: none was passed over."""

    files: int
    bytes: int
    once: int
    whole: bool = True


def measure(root: Path, most: int | None = None) -> Extent:
    """Count a folder, links not followed. What cannot be read, or goes away meanwhile, is passed over."""
    files = size = again = 0
    seen: set[tuple[int, int]] = set()
    for found in _walk(root):
        files, size = files + 1, size + found.st_size
        if found.st_nlink > 1:
            again += found.st_size if (found.st_dev, found.st_ino) in seen else 0
            seen.add((found.st_dev, found.st_ino))
        if most is not None and files > most:
            return Extent(files, size, size - again, whole=False)
    return Extent(files, size, size - again)


def _walk(root: Path) -> Iterator[os.stat_result]:
    """Every regular file."""
    folders = [os.fspath(root)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        yield entry.stat(follow_symlinks=False)


def readable(path: Path, *, allow_empty: bool) -> Path:
    """The folder to be read, links resolved. Refused where it is missing, or empty and that is no backup: a lost mount looks the same."""
    try:
        found = path.resolve(strict=True)
        empty = not any(found.iterdir())
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}; is its disk mounted? `path` of this target names it") from error
    if empty and not allow_empty:
        raise Refused(f"{path} is empty, which is what a lost mount looks like; where it may be so, set allow_empty = true")
    return found


def look(into: str) -> Place:
    """What stands at a place; files are counted as rows. Refused where it is no absolute path of a folder."""
    path = Path(into)
    place_of(into)
    if path.exists() and not path.is_dir():
        raise Refused(f"{path} is no folder; name another place")
    try:
        names = sum(1 for _ in path.iterdir()) if path.exists() else 0
    except OSError as error:
        raise Permanent(f"{path} cannot be looked at: {error.strerror}") from error
    found = measure(path, MOST)
    rows, aside = found.files or names, f"{os.path.normpath(into)}.before-<time>"
    return Place(
        into, path.exists(), not names, rows, found.bytes, "file", aside, "files counted and compared with the record of the snapshot"
    )


def allowed(order: Order) -> Path:
    """The place of a restore. Refused, in words that say what would work, where a restore may not go there; changes nothing."""
    place, path = look(order.into), Path(order.into).resolve()
    if not place.empty and order.confirm is None:
        raise Refused(f"{path} holds {place.rows} files; restore into another folder, or confirm that it is moved aside")
    if not place.empty and order.objects:
        raise Refused(f"single files do not go over {path}, which would be moved aside whole: restore them into a folder of their own")
    if not path.parent.is_dir():
        raise Refused(f"{path.parent} is no folder; make it first, or restore into another place")
    if place.exists and os.path.ismount(path):
        raise Refused(f"{path} is a mount point and cannot be moved aside; restore into a folder on it: {path}/restored")
    return path


def room(order: Order, needed: int) -> None:
    """Refused where the file system of the place has not so many bytes free."""
    found = os.statvfs(Path(order.into).resolve().parent)
    free = found.f_bavail * found.f_frsize
    if free < needed:
        raise Refused(
            f"{Path(order.into).parent} has {free:,} bytes free, the restored files need {needed:,}: make room, or restore elsewhere"
        )
