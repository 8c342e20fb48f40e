"""Reads one file as it is, and says what happened to it meanwhile. Floor: tools."""

import base64
import errno
import os
import stat
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from msgspec import Struct

from workers.sources.files.entry import Stat, stat_of
from workers.sources.files.names import FILE
from workers.sources.files.scan import Seen

_HOLE = 1 << 16  # bytes; smaller holes are read as zeros, a map of them would be larger than what it saves
_EXTENTS = 4096  # most extents of one file; where there are more, larger holes are read as zeros, too
_TICK = 100_000_000  # ns; times advance in steps of up to 10 ms, and are set before the first byte of a long write is
_COARSE = 2_000_000_000  # ns; that of FAT and of some network file systems, whose times are whole seconds
_NO_XATTRS = (errno.ENOTSUP, errno.EPERM, errno.EACCES)


class Gone(Exception):
    """The name cannot be read as a file: `problem` says why, `vanished` that nothing is there any more. Never leaves the package."""

    def __init__(self, problem: str, *, vanished: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.vanished = problem, vanished


class Reading(Struct, frozen=True, gc=False):
    """A file that is open, until its context ends: what it was when it was opened, and when that was by the clock of this host.

    Of a `held` one nobody minds another name, or none.
    """

    fd: int
    found: os.stat_result
    stat: Stat
    began: int
    held: bool = False

    def __enter__(self) -> Self:
        """Nothing: it is open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        os.close(self.fd)

    @property
    def fresh(self) -> bool:
        """Whether a change right before or after this one might carry the same times. A clock in the future counts as that."""
        return self.settles > 0

    @property
    def settles(self) -> float:
        """Seconds, counted from when it was opened, until its times would tell of another change."""
        step = _COARSE if self.stat.ctime_ns % 10**9 == 0 else _TICK
        return max(0, step - self.began + self.stat.ctime_ns) / 10**9

    def changed(self) -> bool:
        """Whether the file is another one than when it was opened."""
        now, then = os.fstat(self.fd), self.found
        renamed = now.st_ctime_ns != then.st_ctime_ns and not self.held
        return renamed or (now.st_mtime_ns, now.st_size) != (then.st_mtime_ns, then.st_size)

    def extents(self) -> tuple[tuple[int, int], ...]:
        """(offset, length) of the data of a sparse file; empty for a file without holes worth keeping."""
        if self.stat.size - self.found.st_blocks * 512 < _HOLE:
            return ()
        found, hole = _joined(self.data(), _HOLE), _HOLE
        while len(found) > _EXTENTS:
            hole *= 2
            found = _joined(iter(found), hole)
        return tuple(found) or ((self.stat.size, 0),)

    def data(self) -> Iterator[tuple[int, int]]:
        """(offset, length) of everything that is no hole."""
        end = 0
        while end < self.stat.size:
            try:
                start = os.lseek(self.fd, end, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole from here on
                    return
                raise
            end = min(os.lseek(self.fd, start, os.SEEK_HOLE), self.stat.size)
            if start < end:
                yield start, end - start


def _joined(extents: Iterator[tuple[int, int]], hole: int) -> list[tuple[int, int]]:
    """The same extents, those with a hole smaller than `hole` between them made one."""
    found: list[tuple[int, int]] = []
    for offset, length in extents:
        if found and offset - sum(found[-1]) < hole:
            found[-1] = (found[-1][0], offset + length - found[-1][0])
        else:
            found.append((offset, length))
    return found


def reading(seen: Seen) -> Reading:
    """Open a file for reading, without a trace in its access time where that is allowed. Raises Gone where it is no file any more."""
    began = time.time_ns()
    try:
        fd = _open(seen)
    except FileNotFoundError as error:
        raise Gone("vanished before it was read", vanished=True) from error
    except OSError as error:
        words = "is no file any more" if error.errno in (errno.ELOOP, errno.ENXIO) else f"cannot be read: {error.strerror}"
        raise Gone(words) from error
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise Gone("is no file any more")
    except BaseException:
        os.close(fd)
        raise
    return Reading(fd, found, stat_of(found), began, seen.held >= 0)


def _open(seen: Seen) -> int:
    if seen.held >= 0:
        return os.dup(seen.held)
    try:
        return os.open(seen.name, FILE | os.O_NOATIME, dir_fd=seen.folder)
    except PermissionError:  # O_NOATIME is for the owner of a file and for root
        return os.open(seen.name, FILE, dir_fd=seen.folder)


def exactly(fd: int, offset: int, length: int) -> Iterator[bytes]:
    """The bytes of a range in pieces of 1 MiB at most; fewer where the file ends before it."""
    while length > 0 and (data := os.pread(fd, min(length, 1 << 20), offset)):
        yield data
        offset, length = offset + len(data), length - len(data)


def xattrs(what: int | bytes) -> tuple[tuple[str, str], ...]:
    """Extended attributes and access lists by name, values in base64; none where the file system has none, or they may not be read.

    Of an open file, or of a path that is no link.
    """
    follow = isinstance(what, int)
    try:
        names = os.listxattr(what, follow_symlinks=follow)
    except OSError as error:
        if error.errno in _NO_XATTRS:
            return ()
        raise
    return tuple((name, value) for name in sorted(names) if (value := _xattr(what, name, follow=follow)) is not None)


def _xattr(what: int | bytes, name: str, *, follow: bool) -> str | None:
    try:
        return base64.b64encode(os.getxattr(what, name, follow_symlinks=follow)).decode()
    except OSError as error:
        if error.errno in (*_NO_XATTRS, errno.ENODATA):
            return None
        raise
