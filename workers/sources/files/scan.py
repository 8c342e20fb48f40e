"""The walk over a folder: every name that the rules take, by descriptors, so that nothing moved meanwhile leads it elsewhere. Floor: tools.

Of each folder only its sorted names are held; what was met is good until the next is asked for.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from workers.errors import Permanent
from workers.sources.files.names import text
from workers.sources.files.notes import Notes, Sort
from workers.sources.files.rotating import hold, release
from workers.sources.files.rules import Taking

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Seen(Struct, frozen=True, gc=False):
    """One name: `folder` is a descriptor of the folder it lies in, `own` of itself where it is a folder that could be opened, else -1.

    `problem` says why a folder could not be read, "" where it could. `held` is a descriptor of a file that may be renamed meanwhile.
    """

    path: str
    name: bytes
    folder: int
    stat: os.stat_result
    own: int = -1
    problem: str = ""
    held: int = -1


@dataclass(slots=True)
class _Level:
    """A folder that the walk is in: its descriptor, path, the names that are still to come, and the files that are held open."""

    fd: int
    path: str
    names: Iterator[bytes]
    held: dict[bytes, int]

    def leave(self) -> None:
        """Close all of it."""
        release(self.held)
        os.close(self.fd)


@dataclass(slots=True)
class Walk:
    """One walk. `skipped` counts names that the rules left out, where it was asked for them."""

    root: Path
    rules: Taking
    notes: Notes
    skipped: int = 0

    def __iter__(self) -> Iterator[Seen]:
        """Everything that is taken, the root first, ordered by `names.key`. Raises Permanent where the root cannot be read."""
        try:
            top = os.open(self.root, FOLDER & ~os.O_NOFOLLOW)  # the root itself may be a symbolic link: the settings name it
        except OSError as error:
            raise Permanent(f"{self.root} cannot be read: {error.strerror}") from error
        levels: list[_Level] = []
        with ExitStack() as stack:
            stack.callback(_leave, levels)
            root = os.fstat(top)
            levels.append(self._level(top, ""))
            yield Seen("", b".", top, root, top)
            while levels:
                if (seen := self._step(levels, root)) is not None:
                    yield seen

    def _step(self, levels: list[_Level], root: os.stat_result) -> Seen | None:
        """The next name of the deepest level, None where there is none or it is not taken; a folder becomes a level of its own."""
        level = levels[-1]
        name = next(level.names, None)
        if name is None:
            levels.pop().leave()
            return None
        path = f"{level.path}/{text(name)}" if level.path else text(name)
        held = level.held.get(name, -1)
        try:
            found = os.fstat(held) if held >= 0 else os.stat(name, dir_fd=level.fd, follow_symlinks=False)
        except OSError as error:
            self.notes.add(path, *_vanished(error))
            return None
        folder = stat.S_ISDIR(found.st_mode)
        if not self.rules.takes(path, folder=folder):
            self.skipped += 1
            return None
        seen = Seen(path, name, level.fd, found, held=held)
        return self._entered(levels, seen, root) if folder else seen

    def _entered(self, levels: list[_Level], seen: Seen, root: os.stat_result) -> Seen:
        try:
            own = os.open(seen.name, FOLDER, dir_fd=seen.folder)
        except OSError as error:
            return replace(seen, problem=self._noted(seen.path, f"cannot be read, nor what is in it: {error.strerror}"))
        found = os.fstat(own)  # of what was opened, should another folder stand there by now
        levels.append(self._level(own, seen.path) if self.rules.enters(found, root) else _Level(own, seen.path, iter(()), {}))
        return Seen(seen.path, seen.name, seen.folder, found, own)

    def _noted(self, path: str, problem: str) -> str:
        self.notes.add(path, problem, Sort.UNREADABLE)
        return problem

    def _level(self, fd: int, path: str) -> _Level:
        """A folder with its names, and those of its files that may be renamed meanwhile held open."""
        above = f"{path}/" if path else ""
        try:
            names, held = hold(fd, lambda name: self.rules.rotates(above + text(name)))
        except OSError as error:
            self.notes.add(path, f"cannot be listed: {error.strerror}", Sort.UNREADABLE)
            names, held = [], {}
        if self.rules.is_marked(names):
            self.skipped += len(names)
            names = []
        return _Level(fd, path, iter(names), held)


def _leave(levels: list[_Level]) -> None:
    for level in levels:
        level.leave()


def _vanished(error: OSError) -> tuple[str, Sort]:
    if isinstance(error, FileNotFoundError):
        return "vanished while the folder was read", Sort.MEANT
    return f"cannot be looked at: {error.strerror}", Sort.UNREADABLE
