"""Where a restore works until it is proven: a hidden folder beside the place, on the same file system. Floor: tools.

What stands in the place is moved aside by a rename only when everything lies, counted, in the hidden folder.
"""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.artifact import Order, Outcome, decode, encode
from workers.errors import Permanent
from workers.sources.folders import Beside, sync, told


@dataclass(frozen=True, slots=True)
class Site(Beside):
    """The folders of one restore of one backup to one place."""

    @property
    def _note(self) -> Path:
        return self.folder / "outcome.json"

    @property
    def _moving(self) -> Path:
        return self.folder / "moving"

    def begin(self) -> None:
        """Make it anew: what an earlier try of the same restore left is not used again."""
        with told(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(mode=0o700)

    def fresh(self) -> Path:
        """The tree, empty. Permanent where the restore was not prepared."""
        if not self.folder.is_dir():
            raise Permanent(f"{self.folder} is not there: the restore was not prepared, or was cleared; start it again")
        with told(self.tree):
            shutil.rmtree(self.tree, ignore_errors=True)
            self.tree.mkdir(mode=0o700)
        return self.tree

    def drop(self) -> None:
        """Remove what was restored, for it is of no use; the folder itself stays, so that it can be tried again."""
        shutil.rmtree(self.tree, ignore_errors=True)

    def note(self, outcome: Outcome) -> None:
        """Keep what was counted: the tree is whole from now on."""
        coming = self._note.with_suffix(".coming")
        with told(coming):
            coming.write_text(json.dumps(encode(outcome)))
            coming.rename(self._note)

    def noted(self) -> Outcome | None:
        """What was counted; None while the tree is not whole."""
        return decode(Outcome, json.loads(self._note.read_text())) if self._note.exists() else None

    def exchange(self, path: str) -> tuple[str, ...]:
        """Give the restored folder, which was read at `path`, its place; in words what became of what stood there. May come again."""
        with told(self.into):
            if not self._moving.exists():
                self._moving.write_text(f"{self.into}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
            aside, restored = Path(self._moving.read_text()), self.tree / Path(path).name
            if restored.exists():
                if self.into.exists():
                    self.into.rename(aside) if any(self.into.iterdir()) else self.into.rmdir()
                restored.rename(self.into)
                sync(self.into.parent)
            shutil.rmtree(self.folder, ignore_errors=True)
        return (f"what stood there before is now {aside}",) if aside.exists() else ()


def site(order: Order) -> Site:
    """The site of a restore."""
    return Site(Path(order.into).resolve(), order.backup)
