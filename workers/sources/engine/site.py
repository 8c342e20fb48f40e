"""The site of a restore by an engine, which writes into an empty tree as often as it is tried. Floor: tools."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order
from workers.errors import Permanent
from workers.sources.folders import site as folders
from workers.sources.folders.paths import place_of, told


@dataclass(frozen=True, slots=True)
class Site(folders.Site):
    """The folders of one restore of one backup to one place."""

    def fresh(self) -> Path:
        """The tree, empty. Permanent where the restore was not prepared."""
        if not self.folder.is_dir():
            raise Permanent(f"{self.folder} is not there: the restore was not prepared, or was cleared; start it again")
        with told(self.tree):
            self.drop()
            self.tree.mkdir(mode=0o700)
        return self.tree

    def drop(self) -> None:
        """Remove what was restored, for it is of no use; the folder itself stays, so that it can be tried again."""
        shutil.rmtree(self.tree, ignore_errors=True)


def site(order: Order) -> Site:
    """The site of a restore. Refused where the place is no absolute path."""
    return Site(place_of(order.into), order.backup)
