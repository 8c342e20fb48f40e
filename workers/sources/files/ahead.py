"""Asks the system for the files that a walk comes to next, where they are not in memory. Floor: tools.

A disk that is asked for one small file at a time is idle most of the time. Whether a file is in memory is asked by a read that does
not wait (`RWF_NOWAIT`, preadv2(2)); where one is, the next ones likely are, too, and nobody looks for a while. All of it is a hint:
whatever goes wrong here is met again, and told, by whoever reads the file.
"""

import os
import stat
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workers.sources.files.names import FILE

DEPTH = 32  # files that are asked for beforehand: of 50 kB each, as many bytes as a disk reads in some ms
FIRST = 1 << 20  # bytes of each; behind them the system reads ahead by itself
REST = 64  # names for which nobody looks, once one was in memory


@dataclass(slots=True)
class Ahead:
    """What was asked for: all before `_next` in the folder that has these `_names`."""

    _names: Sequence[bytes] = ()
    _next: int = 0
    _rest: int = 0
    _byte: bytearray = field(default_factory=lambda: bytearray(1))

    def look(self, folder: int, names: Sequence[bytes], name: bytes, wanted: Callable[[bytes], bool]) -> None:
        """Ask for what comes behind a name among the sorted ones of an open folder, as far as it is wanted."""
        if self._rest:
            self._rest -= 1
            return
        at = bisect_left(names, name) + 1
        if names is not self._names:
            self._names, self._next = names, at
        begin, self._next = max(self._next, at), max(self._next, min(at + DEPTH, len(names)))
        for found in names[begin : self._next]:
            if wanted(found) and self._is_there(folder, found):
                self._rest = REST
                return

    def _is_there(self, folder: int, name: bytes) -> bool:
        """Whether a file is in memory; where it is not, or nobody can tell, it is asked for."""
        try:
            if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                return False
            fd = os.open(name, FILE, dir_fd=folder)
        except OSError:
            return False
        try:
            return self._has(fd)
        finally:
            os.close(fd)

    def _has(self, fd: int) -> bool:
        try:
            os.preadv(fd, [self._byte], 0, os.RWF_NOWAIT)
        except OSError:  # EAGAIN: it would have to wait; EOPNOTSUPP: a file system that cannot tell
            os.posix_fadvise(fd, 0, FIRST, os.POSIX_FADV_WILLNEED)
            return False
        return True
