"""Files that are renamed while they are written, as logs are: opened together, under the names that they had at one moment. Floor: tools.

A file that is rotated while a folder is read would be met twice, under both names, and the one before it not at all.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress

MOST = 256  # files of one folder that are held open; a process may have 1024
TRIES = 5  # times a folder is looked at anew, because it changed between looking and opening

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def hold(folder: int, wanted: Callable[[bytes], bool]) -> tuple[list[bytes], dict[bytes, int]]:
    """The sorted names in a folder, and descriptors of those that are wanted and files. Whoever gets them closes them.

    Raises OSError where the folder cannot be listed.
    """
    held: dict[bytes, int] = {}
    for _ in range(TRIES):
        release(held)
        names = _listed(folder)
        held = _opened(folder, [name for name in names if wanted(name)][:MOST])
        if not held or (_listed(folder) == names and _same(folder, held)):
            break
    return names, held


def release(held: dict[bytes, int]) -> None:
    """Close them."""
    for fd in held.values():
        os.close(fd)


def _listed(folder: int) -> list[bytes]:
    return sorted(os.fsencode(name) for name in os.listdir(folder))


def _opened(folder: int, names: list[bytes]) -> dict[bytes, int]:
    """The files among these names that can be opened; of the others the walk finds out itself what they are."""
    held: dict[bytes, int] = {}
    for name in names:
        with suppress(OSError):
            fd = os.open(name, _FLAGS, dir_fd=folder)
            if stat.S_ISREG(os.fstat(fd).st_mode):
                held[name] = fd
            else:
                os.close(fd)
    return held


def _same(folder: int, held: dict[bytes, int]) -> bool:
    """Whether every name still is that of the file that was opened under it."""
    try:
        return all(os.path.samestat(os.fstat(fd), os.stat(name, dir_fd=folder, follow_symlinks=False)) for name, fd in held.items())
    except FileNotFoundError:
        return False
