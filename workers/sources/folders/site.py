"""Where a restore works until it is done: a hidden folder beside the place, on the same file system, removed at the end. Floor: tools.

What stands in the place is moved aside by a rename only when everything lies, proven, in the hidden folder.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from workers.artifact import Outcome, decode, encode
from workers.sources.folders.paths import move, remove, shown, sync, sync_system, told


@dataclass(frozen=True, slots=True)
class Site:
    """The folders of one restore of one backup to one place."""

    into: Path
    backup: str

    @property
    def folder(self) -> Path:
        """All of it; the place's name may be as long as names can be, so its digest stands for it."""
        return self.into.parent / f".canvasback-{hashlib.sha256(os.fsencode(self.into.name)).hexdigest()[:8]}-{self.backup}"

    @property
    def tree(self) -> Path:
        """What is restored, before it has its place."""
        return self.folder / "tree"

    @property
    def moving(self) -> Path:
        """Is there once the tree is proven: the name that `aside` gave, which may be no UTF-8."""
        return self.folder / "moving"

    @property
    def in_use(self) -> bool:
        """Whether anything stands in the place."""
        try:
            return any(self.into.iterdir())
        except FileNotFoundError:
            return False

    def begin(self, *inside: Path) -> None:
        """Make the folder anew, with others inside: what an earlier try of the same restore left is not used again."""
        with told(self.folder):
            self.remove()
            for folder in (self.folder, *inside):
                folder.mkdir(mode=0o700)

    def note(self, outcome: Outcome) -> None:
        """Keep, whole or not at all, what was proven, for a step that dies right after it and is tried again."""
        self._write(self.folder / "outcome.json", json.dumps(encode(outcome)).encode())

    def noted(self) -> Outcome | None:
        """What `note` kept; None where nothing was proven yet."""
        note = self.folder / "outcome.json"
        return decode(Outcome, json.loads(note.read_bytes())) if note.exists() else None

    def begin_moving(self) -> None:
        """Say that the tree is proven, and where what stands in the place goes; once said, that stays so.

        What the tree replaces may be gone tomorrow: before that, all of it lies on the disk.
        """
        if not self.moving.exists():
            sync_system(self.folder)
            self._write(self.moving, os.fsencode(self._aside()))

    def moved(self) -> Path:
        """Where what stood in the place goes, since `begin_moving`."""
        return Path(os.fsdecode(self.moving.read_bytes()))

    def give_place(self, restored: Path) -> None:
        """Move what stands in the place aside, unless that is empty, and a restored folder there: both or neither. May come again."""
        if not restored.exists():
            return
        if self.in_use:
            self.into.rename(self.moved())
        try:
            move(os.fsencode(restored), os.fsencode(self.into))
        except OSError:
            if self.moved().exists() and not self.into.exists():
                self.moved().rename(self.into)
            raise
        for folder in (restored.parent, self.into.parent):
            sync(folder)

    def end(self, outcome: Outcome) -> Outcome:
        """Remove what is left of it; the outcome with what became of what stood in the place."""
        aside = self.moved()
        self.remove()
        moved = (f"what stood there before is now {shown(str(aside))}",) if aside.exists() else ()
        return Outcome(outcome.counts, (*moved, *outcome.warnings))

    def clear(self) -> None:
        """Remove it while others may still write there, unless the tree was proven: then it may be all that is left of the place."""
        self._remove_gone()
        if not self.moving.exists():
            with told(self.folder), suppress(FileNotFoundError):
                self.folder.rename(self._gone)  # first, so that no step that still goes on finds it again
        self._remove_gone()

    def remove(self) -> None:
        """Remove whatever is left of it: all at once for whoever comes back to it, so that no half of it tells half of the truth."""
        remove(self._gone)
        with suppress(FileNotFoundError):
            self.folder.rename(self._gone)
        remove(self._gone)

    @property
    def _gone(self) -> Path:
        """Its name while it is removed."""
        return self.folder.with_name(f"{self.folder.name}.gone")

    def _remove_gone(self) -> None:
        with suppress(OSError):  # a step that still goes on may write there
            remove(self._gone)

    def _aside(self) -> Path:
        """A free name beside the place, for what stands there now; after a clock went back, that of a moment may be taken."""
        name = os.fsdecode(os.fsencode(self.into.name)[:200])  # bytes: a name of 255 has no room for more
        stamp = f"{name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        names = chain((stamp,), (f"{stamp}.{number}" for number in count(2)))
        return next(path for found in names if not os.path.lexists(path := self.into.with_name(found)))

    def _write(self, path: Path, data: bytes) -> None:
        new = path.with_name(f"{path.name}.new")
        with told(new):
            new.write_bytes(data)
            new.replace(path)
