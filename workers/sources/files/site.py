"""The site of a restore of files: beside the tree, the index of what is restored, and the plan for each load. Floor: tools."""

from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order
from workers.sources.folders import site as folders
from workers.sources.folders.paths import place_of


@dataclass(frozen=True, slots=True)
class Site(folders.Site):
    """The folders of one restore of one backup to one place."""

    @property
    def plan(self) -> Path:
        """The entries of files, sorted into one file for every 16 MiB of each stream."""
        return self.folder / "plan"

    @property
    def index(self) -> Path:
        """The entries that are restored, in the order of a walk."""
        return self.folder / "index.zst"

    @property
    def rest(self) -> Path:
        """Those of them that no load ends, in the same order: folders, links, pipes, files of several blocks."""
        return self.folder / "rest.zst"


def site(order: Order) -> Site:
    """The site of a restore. Refused where the place is no absolute path."""
    return Site(place_of(order.into), order.backup)
