"""Where a restore works until it is done: a hidden folder beside the place, on the same file system, removed at the end. Floor: tools."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.artifact import Order, Outcome, decode, encode
from workers.errors import Permanent, Refused


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
        """The tree that will be the place."""
        return self.folder / "tree"

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


def place_of(into: str) -> Path:
    """The folder that a restore goes to, symbolic links followed; Refused where it is no absolute path, or the root."""
    path = Path(into)
    if not path.is_absolute() or "\0" in into or path.resolve() == Path("/"):
        raise Refused(f"into={into!r} is no folder of its own; name one by its absolute path, for example /srv/restored")
    return path.resolve()


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """Turn what the system says about a path of the restore into the errors of the house."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        words = "no room left" if full else error.strerror
        raise Permanent(f"cannot restore {path}: {words}") from error
