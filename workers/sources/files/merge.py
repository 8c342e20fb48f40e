"""Puts single restored files into a folder that is in use; what they replace is moved aside under its own path. Floor: tools."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, chain, count
from pathlib import Path

from workers.sources.files.entry import Entry
from workers.sources.files.names import parent, raw
from workers.sources.files.tree import Tree
from workers.sources.folders.paths import move, told


@dataclass(frozen=True, slots=True)
class Merge:
    """The three trees of one merge; `aside` is made when the first name goes there."""

    tree: Tree
    into: Tree
    aside: Path

    def put(self, entry: Entry) -> None:
        """Move one entry to its place, a folder with all that is in it; where one is already, its entries come one by one."""
        wanted, found = self._type(self.tree, entry.path), self._type(self.into, entry.path)
        if not entry.path or not wanted or (stat.S_ISDIR(wanted) and stat.S_ISDIR(found)):
            return  # the root, what an earlier try or a folder above it has put, and folders that are there
        if found:
            self._move_aside(entry.path)
        name = raw(entry.path.rpartition("/")[2])
        move(name, name, src=self.tree.above(entry.path), dst=self.into.above(entry.path))

    def _type(self, tree: Tree, path: str) -> int:
        """The mode of what stands at a path; 0 where nothing does."""
        with suppress(FileNotFoundError):
            return os.stat(raw(path.rpartition("/")[2]), dir_fd=tree.above(path), follow_symlinks=False).st_mode
        return 0

    def _move_aside(self, path: str) -> None:
        self.aside.mkdir(mode=0o700, exist_ok=True)
        with Tree(self.aside) as aside:
            for folder in _folders(parent(path)):
                with suppress(FileExistsError):
                    aside.make_folder(folder)
            name, place = raw(path.rpartition("/")[2]), aside.above(path)
            move(name, _free(name, place), src=self.into.above(path), dst=place)


def merge(tree: Path, into: Path, aside: Path, entries: Iterator[Entry]) -> None:
    """Put every entry of a restored tree into a folder, in order."""
    with Tree(tree) as made, Tree(into) as live:
        work = Merge(made, live, aside)
        for entry in entries:
            with told(entry.path):
                work.put(entry)


def _free(name: bytes, folder: int) -> bytes:
    """A name that is free in a folder: an earlier try that died may have put something there, and somebody made the name anew since."""
    names = chain((name,), (b"%s.%d" % (name[:200], number) for number in count(2)))
    return next(found for found in names if not _stands(found, folder))


def _stands(name: bytes, folder: int) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _folders(path: str) -> Iterator[str]:
    """A folder and those above it, the highest first; nothing for the root."""
    return accumulate(path.split("/"), "{}/{}".format) if path else iter(())
