"""The live server's data directory, as this host sees it: where it is, whose, and how large a copy of it will be. Floor: tools."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.errors import Permanent
from workers.sources.mysql.session import Session, value

_MARGIN = 64 << 20  # bytes; a copy has redo logs of its own, and the server goes on growing
_COPIED = (".ibd", ".MYD", ".MYI", ".MAD", ".MAI", ".frm")
_SHARED = ("ibdata", "undo", "aria_log.", "ib_logfile")


@dataclass(frozen=True, slots=True)
class Datadir:
    """The folder, the owner of what is in it, and the bytes of the files that a copy has."""

    path: Path
    owner: tuple[int, int]
    bytes: int

    @property
    def room(self) -> int:
        """Bytes that a whole copy needs, with something to spare."""
        return self.bytes + self.bytes // 10 + _MARGIN

    def give(self, place: Path) -> None:
        """Let the server's user write into a folder of root's, and come to it where nobody else may."""
        if os.geteuid() == 0:
            for path in (place, *place.iterdir()):
                os.chown(path, *self.owner)
            above = place.parent.stat()
            if above.st_uid == 0 and not above.st_mode & stat.S_IXOTH:
                os.chown(place.parent, *self.owner)


def look(session: Session) -> Datadir:
    """The data directory of the server that this session is on. Permanent where this host does not see it, or this account may not."""
    path = Path(str(value(session, "SELECT @@datadir")))
    try:
        about = path.stat()
        found = sum(_sizes(path))
    except FileNotFoundError as error:
        raise Permanent(
            f"{path} is not on this host: a physical backup is made where the server is; `mode` logical needs no files"
        ) from error
    except OSError as error:
        raise Permanent(
            f"{error.filename} cannot be read: {error.strerror}; start the workers of this host as the user that owns {path}, or as root"
        ) from error
    return Datadir(path, (about.st_uid, about.st_gid), found)


def _sizes(folder: Path) -> Iterator[int]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # dropped this very moment
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes(Path(entry.path))
                elif entry.name.endswith(_COPIED) or entry.name.startswith(_SHARED):
                    yield entry.stat(follow_symlinks=False).st_size
