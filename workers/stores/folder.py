"""Folders by file descriptor: every step is taken without following a link, so nobody can lead a key out of its store."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NO_REPLACE = 1  # RENAME_NOREPLACE, renameat2(2)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)  # what SMB, exFAT and FAT answer to link(2)
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def opened(root: Path, parts: tuple[str, ...], create: bool = False) -> Iterator[tuple[int, ...]]:
    """Descriptors of `root` and of each folder below it; the root alone may be a link. New folders have mode 0700."""
    with ExitStack() as stack:
        folders = [_held(stack, os.open(root, _FOLDER))]
        for part in parts:
            if create:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=folders[-1])
            folders.append(_held(stack, os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folders[-1])))
        yield tuple(folders)


def _held(stack: ExitStack, descriptor: int) -> int:
    stack.callback(os.close, descriptor)
    return descriptor


def created(folder: int, name: str) -> int:
    """A descriptor of a new file of mode 0600."""
    return os.open(name, _CREATE, 0o600, dir_fd=folder)


def place(folder: int, temporary: str, name: str) -> None:
    """Give a finished file its name. Raises FileExistsError where the name is taken; it never replaces anything."""
    try:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        move(folder, temporary, name)


def move(folder: int, temporary: str, name: str) -> None:
    """The same on file systems without hard links."""
    if _libc.renameat2(folder, os.fsencode(temporary), folder, os.fsencode(name), _NO_REPLACE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def sync(folders: tuple[int, ...]) -> None:
    """Make the names in these folders durable, the deepest first."""
    for folder in reversed(folders):
        try:
            os.fsync(folder)
        except OSError as error:
            if error.errno != errno.EINVAL:  # SMB does not know fsync of a folder: it writes names through
                raise


def walk(folder: int, prefix: str, at: str = "") -> Iterator[tuple[int, str, os.stat_result]]:
    """(folder, path, stat) of every file whose path begins with `prefix`, ordered by path; hidden folders and links are passed over."""
    with os.scandir(folder) as entries:
        # The slash counts in the order of keys: "a-b" comes before "a/b", though "a" comes before "a-b".
        found = sorted((entry.name + "/" * entry.is_dir(follow_symlinks=False), entry) for entry in entries)
    for name, entry in found:
        path = at + name
        if not path.startswith(prefix[: len(path)]) or (name.endswith("/") and (name.startswith(".") or path == "lost+found/")):
            continue
        with suppress(FileNotFoundError):  # removed by somebody else since
            if name.endswith("/"):
                yield from _below(folder, entry.name, prefix, path)
            elif path.startswith(prefix) and entry.is_file(follow_symlinks=False):
                yield folder, path, entry.stat(follow_symlinks=False)


def _below(folder: int, name: str, prefix: str, path: str) -> Iterator[tuple[int, str, os.stat_result]]:
    inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield from walk(inner, prefix, path)
    finally:
        os.close(inner)
