"""What an index knows about one name. Floor: tools.

Structs of msgspec, not dataclasses: made, compared and replaced in C, some fifteen of them for each name of a backup.
"""

import os
import stat
from enum import StrEnum

from msgspec import Struct


class Type(StrEnum):
    """What a name is. `gone`: it was in the parent's tree, and is no more."""

    FILE = "f"
    FOLDER = "d"
    SYMLINK = "l"
    PIPE = "p"
    SOCKET = "s"
    CHARACTER = "c"
    BLOCK = "b"
    GONE = "-"


_TYPES = {
    stat.S_IFREG: Type.FILE,
    stat.S_IFDIR: Type.FOLDER,
    stat.S_IFLNK: Type.SYMLINK,
    stat.S_IFIFO: Type.PIPE,
    stat.S_IFSOCK: Type.SOCKET,
    stat.S_IFCHR: Type.CHARACTER,
    stat.S_IFBLK: Type.BLOCK,
}
KEPT = frozenset((Type.FILE, Type.FOLDER, Type.SYMLINK, Type.PIPE))  # a restore makes these; the others are noted


class Stat(Struct, frozen=True, gc=False):
    """What lstat says; equal for one name in two walks means that nothing was done to it. `mode` is the permission bits."""

    type: Type
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0


class Body(Struct, frozen=True, gc=False):
    """Where the bytes of a file lie: `stored` bytes at `at` in the tar stream `stream`, in blocks of which the first begins at `block`.

    `extents` are (offset, length) of the data of a sparse file, in the order in which they are stored; empty: the whole file is.
    """

    stream: str
    block: int
    at: int
    stored: int
    sha256: str
    extents: tuple[tuple[int, int], ...] = ()


class Entry(Struct, frozen=True, gc=False):
    """One name: `link` is the first path of the same inode, `xattrs` are (name, value) with the value in base64.

    `problem` says what was wrong when it was read, "" where nothing was; without a `body` a file cannot be restored.
    """

    path: str
    stat: Stat
    owner: str = ""
    group: str = ""
    target: str = ""
    link: str = ""
    xattrs: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    problem: str = ""

    @property
    def restorable(self) -> bool:
        """Whether a restore makes it: a file needs its bytes, or another name for them."""
        return self.stat.type in KEPT and (self.stat.type is not Type.FILE or self.body is not None or self.link != "")


def stat_of(found: os.stat_result) -> Stat:
    """The same, of what the system says. The size of a folder is the file system's own matter, and left out."""
    kind = _TYPES[stat.S_IFMT(found.st_mode)]
    size = 0 if kind is Type.FOLDER else found.st_size
    mode = stat.S_IMODE(found.st_mode)
    return Stat(kind, size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, mode, found.st_uid, found.st_gid)
