"""Restores of folders: where one works until it is done, and what the system says about a path. Floor: tools."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.errors import Permanent, Refused


@dataclass(frozen=True, slots=True)
class Beside:
    """The folders of one restore of one backup to one place: a hidden one beside the place, on the same file system."""

    into: Path
    backup: str

    @property
    def folder(self) -> Path:
        """All of it; the place's name may be as long as names can be, so its digest stands for it."""
        return self.into.parent / f".canvasback-{hashlib.sha256(os.fsencode(self.into.name)).hexdigest()[:8]}-{self.backup}"

    @property
    def tree(self) -> Path:
        """What is restored, before it has its place."""
        return self.folder / "tree"


def place_of(into: str) -> Path:
    """The folder that a restore goes to, symbolic links followed; Refused where it is no absolute path, or the root."""
    path = Path(into)
    if not path.is_absolute() or "\0" in into or path.resolve() == Path("/"):
        raise Refused(f"into={into!r} is no folder of its own; name one by its absolute path, for example /srv/restored")
    return path.resolve()


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """Turn what the system says about a path of the restore into the errors of the house."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        words = "no room left" if full else error.strerror
        raise Permanent(f"cannot restore {path}: {words}") from error


def sync(folder: os.PathLike[str]) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
