"""Files that are renamed while they are written, as logs are: opened together, under the names that they had at one moment. Floor: tools.

A file that is rotated while a folder is read would be met twice, under both names, and the one before it not at all.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from workers.sources.files.names import FILE

MOST = 256  # files that are held open at a time; a process may have 1024
TRIES = 5  # times a folder is looked at anew, because it changed between looking and opening

_HEAD = 64  # bytes; the first line of a log begins with its time
_SPARE = 16
_TOO_MANY = (errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is held open, with its size and first bytes of the moment when it was opened."""

    fd: int
    inode: int
    size: int
    head: bytes

    @property
    def is_cut(self) -> bool:
        """Whether what it began with is gone: logrotate's `copytruncate` makes a copy and empties the file, whose name stays."""
        try:
            return os.fstat(self.fd).st_size < self.size or os.pread(self.fd, len(self.head), 0) != self.head
        except OSError:
            return False  # whoever reads it is told the same


@dataclass(frozen=True, slots=True)
class Held:
    """The sorted names in a folder, and the wanted files among them, held open. `settled`: they are of one moment.

    `more` files were wanted, too, and are not held.
    """

    names: list[bytes]
    files: dict[bytes, Kept] = field(default_factory=dict)
    settled: bool = True
    more: int = 0

    def release(self) -> None:
        """Close them; they may be closed already."""
        while self.files:
            os.close(self.files.popitem()[1].fd)


def hold(folder: int, wanted: Callable[[bytes], bool], most: int = MOST) -> Held:
    """What is in a folder, of one moment where it holds still long enough. Raises OSError where the folder cannot be listed."""
    held = Held([])
    for _ in range(TRIES):
        held.release()
        names = _listed(folder)
        chosen = [name for name in names if wanted(name)]
        files, more = _opened(folder, chosen[:most])
        settled = not files or (_same(folder, files) and _listed(folder) == names)
        held = Held(names, files, settled, more + len(chosen[most:]))
        if settled:
            break
    return held


def _listed(folder: int) -> list[bytes]:
    """The names, by the path that the kernel gives the descriptor: asked for bytes, while the descriptor itself is answered in text.

    A million names are then made once, not as text and as bytes beside it.
    """
    try:
        names = os.listdir(b"/proc/self/fd/%d" % folder)  # noqa: PTH208  # a Path cannot hold bytes
    except OSError:  # no /proc, or none for this user
        names = [os.fsencode(name) for name in os.listdir(folder)]
    names.sort()
    return names


def _opened(folder: int, names: list[bytes]) -> tuple[dict[bytes, Kept], int]:
    """The files among these names that can be opened, and how many more there may be than this process can.

    Of the others the walk finds out itself what they are.
    """
    files: dict[bytes, Kept] = {}
    for at, name in enumerate(names):
        try:
            fd = os.open(name, FILE, dir_fd=folder)
        except OSError as error:
            if error.errno in _TOO_MANY:
                return files, len(names) - at + _spared(files)
            continue
        found = os.fstat(fd)
        if stat.S_ISREG(found.st_mode):
            files[name] = Kept(fd, found.st_ino, found.st_size, _head(fd))
        else:
            os.close(fd)
    return files, 0


def _spared(files: dict[bytes, Kept]) -> int:
    """Close some of the files again, for whatever has to be opened beside them; how many."""
    spared = min(_SPARE, len(files))
    for _ in range(spared):
        os.close(files.popitem()[1].fd)
    return spared


def _head(fd: int) -> bytes:
    try:
        return os.pread(fd, _HEAD, 0)
    except OSError:
        return b""


def _same(folder: int, files: dict[bytes, Kept]) -> bool:
    """Whether every name still is that of the file that was opened under it, and none was emptied."""
    try:
        same = (os.path.samestat(os.fstat(kept.fd), os.stat(name, dir_fd=folder, follow_symlinks=False)) for name, kept in files.items())
        return all(same) and not any(kept.is_cut for kept in files.values())
    except FileNotFoundError:
        return False
