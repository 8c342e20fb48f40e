"""Paths of restores: which is a place, how it is shown to people, what the system says of it, that it lies on the disk. Floor: tools."""

import ctypes
import errno
import os
import shutil
import stat
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
        raise unrestored(path, error) from error


def unrestored(path: Path | str, error: OSError) -> Permanent:
    """What the system says about a path of the restore, in the words of the house."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Permanent(f"cannot restore {shown(str(path))}: {'no room left' if full else error.strerror}")


def move(old: bytes, new: bytes, *, src: int | None = None, dst: int | None = None) -> None:
    """Rename, from one open folder to another where they are given: what is renamed may be a folder that its owner may not write.

    To take another parent writes its `..`, which root alone may do then; so it can be written for that moment.
    """
    try:
        os.rename(old, new, src_dir_fd=src, dst_dir_fd=dst)
    except PermissionError:
        mode = os.stat(old, dir_fd=src, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode) or mode & stat.S_IWUSR:
            raise
        os.chmod(old, stat.S_IMODE(mode) | stat.S_IWUSR, dir_fd=src)
        where = old, src
        try:
            os.rename(old, new, src_dir_fd=src, dst_dir_fd=dst)
            where = new, dst
        finally:
            os.chmod(where[0], stat.S_IMODE(mode), dir_fd=where[1])


def remove(folder: Path) -> None:
    """Remove a folder, if it is there, and those in it that their owner may not write, too."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except PermissionError:
        for _, names, _, above in os.fwalk(folder):
            for name in names:
                if stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
                    os.chmod(name, stat.S_IRWXU, dir_fd=above)
        shutil.rmtree(folder)


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
