"""Paths of restores: which is a place, how it is shown to people, what the system says of it, that it lies on the disk. Floor: tools."""

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.errors import Permanent, Refused

_libc = ctypes.CDLL(None, use_errno=True)


def place_of(into: str) -> Path:
    """The folder that a restore goes to, symbolic links followed; Refused where it is no absolute path, or the root."""
    path = Path(into)
    if not path.is_absolute() or "\0" in into or path.resolve() == Path("/"):
        raise Refused(f"into={into!r} is no folder of its own; name one by its absolute path, for example /srv/restored")
    return path.resolve()


def shown(path: str) -> str:
    """A path for people; the root is a dot, and what is no UTF-8 or cannot be printed is escaped."""
    if path.isprintable():
        return path or "."
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode() for sign in path)


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """Turn what the system says about a path of the restore into the errors of the house."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        words = "no room left" if full else error.strerror
        raise Permanent(f"cannot restore {shown(str(path))}: {words}") from error


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk; a link has nothing to bring."""
    if not path.is_symlink():
        _through(path, os.fsync)


def sync_system(folder: os.PathLike[str]) -> None:
    """Make all that was written to the file system of a folder durable. Raises OSError where some of it cannot be; sync(2) never tells."""
    _through(folder, _syncfs)


def _syncfs(descriptor: int) -> None:
    if _libc.syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _through(path: os.PathLike[str], work: Callable[[int], None]) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        work(descriptor)
    finally:
        os.close(descriptor)
