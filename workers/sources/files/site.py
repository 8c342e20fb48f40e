"""Where a restore works until it is done: a hidden folder beside the place, on the same file system, removed at the end. Floor: tools."""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.artifact import Order, Outcome, decode, encode
from workers.sources.folders import Beside, place_of, told


@dataclass(frozen=True, slots=True)
class Site(Beside):
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
    def moving(self) -> Path:
        """Is there once the tree is proven: the name that `aside` gave, which may be no UTF-8."""
        return self.folder / "moving"

    def begin_moving(self) -> None:
        """Say, whole or not at all, that the tree is proven, and where what stands in the place goes."""
        new = self.moving.with_suffix(".new")
        new.write_bytes(os.fsencode(self.aside()))
        new.replace(self.moving)

    def moved(self) -> Path:
        """Where what stood in the place goes, since `begin_moving`."""
        return Path(os.fsdecode(self.moving.read_bytes()))

    def note(self, outcome: Outcome) -> None:
        """Keep what the proof found, for a finish that dies right after it and is tried again."""
        (self.folder / "outcome.json").write_text(json.dumps(encode(outcome)))

    def noted(self) -> Outcome:
        """What `note` kept."""
        return decode(Outcome, json.loads((self.folder / "outcome.json").read_text()))

    def aside(self) -> Path:
        """A free name beside the place, for what stands there now."""
        name = os.fsdecode(os.fsencode(self.into.name)[:200])  # bytes: a name of 255 has no room for more
        return self.into.with_name(f"{name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")

    def begin(self) -> None:
        """Make the folders anew: what an earlier try of the same restore left is not used again."""
        with told(self.folder):
            self.remove()
            for folder in (self.folder, self.tree, self.plan):
                folder.mkdir(mode=0o700)

    def clear(self) -> None:
        """Remove it while others may still write there, unless the tree was proven: then it may be all that is left of the place."""
        gone = self.folder.with_name(f"{self.folder.name}.gone")
        if not self.folder.exists() or self.moving.exists():
            return
        with told(self.folder):
            shutil.rmtree(gone, ignore_errors=True)
            self.folder.rename(gone)  # first, so that no step that still goes on finds it again
            shutil.rmtree(gone, ignore_errors=True)

    def remove(self) -> None:
        """Remove whatever is left of it. A tree under work may have folders that even their owner cannot change."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


def site(order: Order) -> Site:
    """The site of a restore. Refused where the place is no absolute path."""
    return Site(place_of(order.into), order.backup)
