"""A new data directory of a server: where it goes, and where it is made until it is proven. Floor: tools.

Everything is made in a folder beside the place, `<place>.part`, on the same disk; the place appears whole, by one rename, at the very end.
"""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order
from workers.errors import Permanent, Refused
from workers.ports import Place
from workers.sources.mysql.scratch.copied import DATA
from workers.sources.mysql.scratch.home import fits_socket, furnish, has_room
from workers.sources.mysql.scratch.keeping import hand_over

PART = ".part"
SPARE = 512 << 20  # bytes; what a server makes by itself when it starts: redo and undo logs, temporary tables


@dataclass(frozen=True, slots=True)
class Directory:
    """The place, and the folder of a scratch server beside it in which its data are made."""

    place: Path

    @property
    def part(self) -> Path:
        """Where it is made; it goes when the place is there."""
        return self.place.with_name(self.place.name + PART)

    @property
    def data(self) -> Path:
        """Where the files are until they are proven. Permanent where no restore to this place is going on.

        Where only the last word about a restore was lost, its files are in their place already, and are taken back.
        """
        if not self.part.is_dir():
            raise Permanent(f"no restore to {self.place} is going on: {self.part} is not there")
        made = self.part / DATA
        if not made.is_dir() and self.place.is_dir():
            self.place.rename(made)
        return made

    def make(self, order: Order) -> None:
        """Make the folder for the files of a backup. Refused, before anything is made, where it does not fit."""
        if not look(str(self.place)).empty:
            raise Refused(f"{self.place} is not empty; a new server's data directory is made, never written into: name another")
        if self.part.exists():
            raise Refused(f"{self.part} is left of a restore that did not end: remove it, where nobody needs it, or name another place")
        parent = self.place.parent
        if not os.access(parent, os.W_OK | os.X_OK):
            raise Refused(f"{parent} is no folder that this worker may write to: make it and give it to the worker's user")
        fits_socket(self.part)
        has_room(parent, room(order))
        self.part.mkdir(mode=0o700)
        furnish(self.part)
        (self.part / DATA).mkdir(mode=0o750)

    def appear(self, owner: str) -> None:
        """Put the proven files into their place, on the disk and for good; owned, where root does it, as the live ones were."""
        hand_over(self.data, self.place, owner)

    def clear(self) -> None:
        """Remove what the making left."""
        shutil.rmtree(self.part, ignore_errors=True)


def look(into: str) -> Place:
    """What stands where a data directory would go. Refused for what is no absolute path."""
    path = Path(into)
    if not path.is_absolute() or ".." in path.parts or "\n" in into:
        raise Refused(f"{into!r} is no absolute path of a new data directory; write for example server='/var/lib/mysql-restored'")
    if not (path.exists() or path.is_symlink()):
        return Place(into, exists=False, empty=True)
    try:
        empty = path.is_dir() and not any(path.iterdir())
        size = sum(file.lstat().st_size for file in path.iterdir() if stat.S_ISREG(file.lstat().st_mode)) if path.is_dir() else 0
    except PermissionError:
        empty, size = False, 0
    return Place(into, exists=True, empty=empty, bytes=size)


def room(order: Order) -> int:
    """Bytes that the unpacked files of a backup need, with what its server makes when it starts."""
    return int(dict(order.facts.extras)["bytes"]) + SPARE
