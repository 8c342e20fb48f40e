"""Writes below one folder and never outside it: every folder on the way is opened without following links. Floor: tools."""

import base64
import errno
import os
import stat
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.errors import Permanent
from workers.sources.files import owners
from workers.sources.files.entry import Entry
from workers.sources.files.names import parent, raw
from workers.sources.files.scan import FOLDER

_OPEN = 64  # folders kept open; a restore goes from folder to folder, so few are enough
_NEW = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LISTS = frozenset(("system.posix_acl_access", "system.posix_acl_default"))
_REFUSED = (errno.ENOTSUP, errno.EPERM, errno.EACCES, errno.EINVAL)


class Tree:
    """A folder under which entries are made. Paths MUST have passed `names.is_safe`."""

    def __init__(self, root: Path) -> None:
        """Raises Permanent where the folder is not there."""
        try:
            self._root = os.open(root, FOLDER)
        except OSError as error:
            raise Permanent(f"{root} is not there any more: the restore was cleared, or never prepared") from error
        self._open: OrderedDict[str, int] = OrderedDict()

    def __enter__(self) -> Self:
        """Nothing: it is open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close every folder."""
        for fd in (self._root, *self._open.values()):
            os.close(fd)

    def folder(self, path: str) -> int:
        """A descriptor of a folder, good until some others were asked for. OSError where a part of the path is no folder."""
        missing = []
        while path and path not in self._open:
            missing.append(path)
            path = parent(path)
        if path:
            self._open.move_to_end(path)
        fd = self._open[path] if path else self._root
        for name in reversed(missing):
            fd = self._open[name] = os.open(_name(name), FOLDER, dir_fd=fd)
            if len(self._open) > _OPEN:
                os.close(self._open.popitem(last=False)[1])
        return fd

    def above(self, path: str) -> int:
        """A descriptor of the folder that a path lies in."""
        return self.folder(parent(path))

    def make_folder(self, path: str) -> None:
        """Make a folder that only its owner may enter, until it is described."""
        if path:
            os.mkdir(_name(path), 0o700, dir_fd=self.above(path))

    def create(self, path: str) -> int:
        """A new file, opened for writing; one that stands there is replaced."""
        folder = self.above(path)
        try:
            return os.open(_name(path), _NEW | os.O_EXCL, 0o600, dir_fd=folder)
        except FileExistsError:
            os.unlink(_name(path), dir_fd=folder)
            return os.open(_name(path), _NEW | os.O_EXCL, 0o600, dir_fd=folder)

    def piece(self, path: str) -> int:
        """A file of which some pieces may be there already, opened for writing."""
        return os.open(_name(path), _NEW, 0o600, dir_fd=self.above(path))

    def open(self, path: str) -> int:
        """A file, opened for reading."""
        return os.open(_name(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.above(path))

    def symlink(self, entry: Entry) -> None:
        """Make a symbolic link with its owner and time."""
        folder, name = self._free(entry.path)
        os.symlink(raw(entry.target), name, dir_fd=folder)
        if os.geteuid() == 0:
            os.chown(name, *owners.of(entry), dir_fd=folder, follow_symlinks=False)
        os.utime(name, ns=(entry.stat.mtime_ns, entry.stat.mtime_ns), dir_fd=folder, follow_symlinks=False)

    def pipe(self, entry: Entry) -> None:
        """Make a named pipe with its owner, mode and time."""
        folder, name = self._free(entry.path)
        os.mkfifo(name, 0o600, dir_fd=folder)
        fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            describe(fd, entry)
        finally:
            os.close(fd)

    def link(self, entry: Entry) -> None:
        """Make another name for a file."""
        first = os.dup(self.above(entry.link))  # the folder of the new name may take its place among the open ones
        try:
            folder, name = self._free(entry.path)
            os.link(_name(entry.link), name, src_dir_fd=first, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(first)

    def _free(self, path: str) -> tuple[int, bytes]:
        """The folder and name of a path at which nothing stands any more: an earlier try may have made it."""
        folder, name = self.above(path), _name(path)
        try:
            if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            pass
        return folder, name


def describe(fd: int, entry: Entry) -> None:
    """Give an open file or folder its owner, attributes, mode and time, in the order in which none undoes another.

    Attributes that this file system or user may not set are passed over here; the proof at the end of a restore names them.
    """
    if os.geteuid() == 0:
        os.fchown(fd, *owners.of(entry))
    _disinherit(fd, entry)
    for name, value in entry.xattrs:
        try:
            os.setxattr(fd, name, base64.b64decode(value))
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
    os.fchmod(fd, mode_for(entry, os.fstat(fd)))
    os.utime(fd, ns=(entry.stat.mtime_ns, entry.stat.mtime_ns))


def mode_for(entry: Entry, found: os.stat_result) -> int:
    """The mode of an entry; without set-id bits where it cannot have its owner: they would act for somebody else."""
    uid, gid = owners.of(entry)
    lost = (stat.S_ISUID if found.st_uid != uid else 0) | (stat.S_ISGID if found.st_gid != gid else 0)
    return entry.stat.mode & ~lost


def _disinherit(fd: int, entry: Entry) -> None:
    """Take away the access lists that a folder above has handed down: they would let in whom the entry does not."""
    try:
        inherited = _LISTS.intersection(os.listxattr(fd)) - {name for name, _ in entry.xattrs}
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return
    for name in inherited:
        os.removexattr(fd, name)


def _name(path: str) -> bytes:
    return raw(path.rpartition("/")[2])
