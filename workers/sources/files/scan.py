"""The walk over a folder: every name that the rules take, by descriptors, so that nothing moved meanwhile leads it elsewhere. Floor: tools.

Of each folder only its sorted names are held; what was met is good until the next is asked for.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from workers.errors import Permanent
from workers.sources.files.ahead import Ahead
from workers.sources.files.names import text
from workers.sources.files.notes import Notes, Sort
from workers.sources.files.rotating import MOST, TRIES, Held, hold
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

    @property
    def way(self) -> bytes:
        """A path to it that leads through the open folder, for calls that take no descriptor of one."""
        return b"/proc/self/fd/%d/%s" % (self.folder, self.name)


@dataclass(slots=True)
class _Level:
    """A folder that the walk is in: its descriptor, path, what is in it, and the names that are still to come.

    `looks` counts how often it was looked at anew; `problem` says why it could not be listed.
    """

    fd: int
    path: str
    held: Held = field(default_factory=lambda: Held([]))
    problem: str = ""
    looks: int = 0
    names: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the first name."""
        self.names = iter(self.held.names)

    def within(self, name: bytes) -> str:
        """The path of a name in it."""
        return f"{self.path}/{text(name)}" if self.path else text(name)

    def leave(self) -> None:
        """Close all of it."""
        self.held.release()
        os.close(self.fd)


@dataclass(slots=True)
class Walk:
    """One walk. `skipped` counts names that the rules left out, where it was asked for them. `ahead`: its files are going to be read."""

    root: Path
    rules: Taking
    notes: Notes
    ahead: Ahead | None = None
    skipped: int = 0
    _holding: int = 0

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
            yield Seen("", b".", top, root, top, levels[0].problem)
            while levels:
                if (seen := self._step(levels, root)) is not None:
                    yield seen

    def _step(self, levels: list[_Level], root: os.stat_result) -> Seen | None:
        """The next name of the deepest level, None where there is none or it is not taken; a folder becomes a level of its own."""
        level = levels[-1]
        name = next(level.names, None)
        if name is None:
            self._left(levels.pop())
            return None
        path, kept = level.within(name), level.held.files.get(name)
        if kept is not None and kept.is_cut and self._again(level, name):
            return None
        held = kept.fd if kept else -1
        try:
            found = os.fstat(held) if kept else os.stat(name, dir_fd=level.fd, follow_symlinks=False)
        except OSError as error:
            self.notes.add(path, *_vanished(error))
            return None
        folder = stat.S_ISDIR(found.st_mode)
        if not self.rules.takes(path, folder=folder):
            self.skipped += 1
            return None
        if self.ahead:
            self.ahead.look(level.fd, level.held.names, name, lambda behind: self.rules.takes(level.within(behind), folder=False))
        seen = Seen(path, name, level.fd, found, held=held)
        return self._entered(levels, seen, root) if folder else seen

    def _entered(self, levels: list[_Level], seen: Seen, root: os.stat_result) -> Seen:
        try:
            own = os.open(seen.name, FOLDER, dir_fd=seen.folder)
        except OSError as error:
            return replace(seen, problem=self._noted(seen.path, f"cannot be read, nor what is in it: {error.strerror}"))
        found = os.fstat(own)  # of what was opened, should another folder stand there by now
        levels.append(self._level(own, seen.path) if self.rules.enters(found, root) else self._apart(own, seen.path))
        return Seen(seen.path, seen.name, seen.folder, found, own, levels[-1].problem)

    def _noted(self, path: str, problem: str) -> str:
        self.notes.add(path, problem, Sort.UNREADABLE)
        return problem

    def _apart(self, fd: int, path: str) -> _Level:
        """A folder with nothing of what is in it: it may have been moved to a disk of its own since, and missed by nobody until it is."""
        self.notes.add(path, "another file system is mounted there, and left out")
        return _Level(fd, path)

    def _level(self, fd: int, path: str) -> _Level:
        """A folder with its names, and those of its files that may be renamed meanwhile held open."""
        level = _Level(fd, path)
        try:
            level = _Level(fd, path, self._hold(level))
        except OSError as error:
            return _Level(fd, path, problem=self._noted(path, f"cannot be listed: {error.strerror}"))
        if marker := self.rules.marker(level.held.names):
            self.notes.add(path, f"its contents are left out: {marker} lies there")
            self.skipped += len(level.held.names)
            self._released(level)
            return _Level(fd, path)
        return level

    def _hold(self, level: _Level) -> Held:
        """Look at a folder, and hold open what may be renamed in it."""
        held = hold(level.fd, lambda name: self.rules.rotates(level.within(name)), MOST - self._holding)
        self._holding += len(held.files)
        if not held.settled:
            self.notes.add(level.path, "its files were renamed all the while: one may be missing, or there twice", Sort.CHANGED)
        if held.more:
            self.notes.add(level.path, f"{held.more} more files of `rotating` than are held open: one that is renamed now may be missing")
        return held

    def _again(self, level: _Level, name: bytes) -> bool:
        """Look at a folder anew, from a file on that was emptied: its copy has another name. Not for ever; then it is taken as it is."""
        level.looks += 1
        if level.looks > TRIES:
            self.notes.add(level.within(name), "was emptied again and again: what it held may be missing", Sort.CHANGED)
            return False
        before = frozenset(level.held.names)
        taken = {kept.inode for other, kept in level.held.files.items() if other < name}
        self._released(level)
        try:
            level.held = self._hold(level)
        except OSError as error:
            self._noted(level.path, f"cannot be listed: {error.strerror}")
        held = level.held.files
        renamed = {found for found, kept in held.items() if kept.inode in taken and found not in before}
        level.names = (found for found in level.held.names if found >= name and found not in renamed)
        for late in level.held.names:
            if late < name and late not in before and self.rules.rotates(level.within(late)):
                self.notes.add(level.within(late), f"came too late to be taken, and may be the copy of {text(name)}", Sort.CHANGED)
        return True

    def _released(self, level: _Level) -> None:
        self._holding -= len(level.held.files)
        level.held.release()

    def _left(self, level: _Level) -> None:
        self._released(level)
        level.leave()


def _leave(levels: list[_Level]) -> None:
    for level in levels:
        level.leave()


def _vanished(error: OSError) -> tuple[str, Sort]:
    if isinstance(error, FileNotFoundError):
        return "vanished while the folder was read", Sort.MEANT
    return f"cannot be looked at: {error.strerror}", Sort.UNREADABLE
