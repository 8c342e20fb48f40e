"""The names in a snapshot, as its engine lists them: which are wanted, which match, what differs from the folder now. Floor: tools."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from workers.artifact import Order
from workers.errors import Failure, Refused
from workers.ports import Difference, Found
from workers.sources.engine.contents import bytes_differing
from workers.sources.engine.home import Home, Homes
from workers.sources.engine.name import FILE, FOLDER, LINK, Name
from workers.sources.engine.record import Record
from workers.sources.folders.paths import shown
from workers.sources.folders.selection import Selection, is_inside

MOST = 5000  # names that a program is given one by one; its arguments have an end
_ROUNDED = 1  # microseconds: restic tells nanoseconds, BorgBackup has rounded them
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T = TypeVar("T")


@dataclass(slots=True)
class Picked:
    """Hears the names of a snapshot: those to be restored, of a folder only itself, and how many files that is."""

    selection: Selection
    names: list[str] = field(default_factory=list)
    files: int = 0

    def hear(self, name: Name) -> None:
        """One name; what is in a folder comes after it."""
        if not name.path or not self.selection.takes(name.path, folder=name.sort == FOLDER):
            return
        self.files += name.sort == FILE
        if not (self.names and is_inside(name.path, self.names[-1])):
            self.names.append(name.path)


def pick(home: Home, record: Record, order: Order) -> Picked:
    """What the objects of an order stand for in a snapshot. Refused, naming them, where they stand for nothing, or for too many names."""
    found = Picked(Selection(order.objects))
    home.listed(record, found.hear)
    found.selection.complete(order.backup)
    if len(found.names) > MOST:
        raise Refused(f"{', '.join(order.objects)}: that is {len(found.names)} names; name the folders that they lie in, or restore all")
    return found


def matching(home: Home, record: Record, pattern: str) -> list[Found]:
    """The names that match a pattern."""
    found, selection = list[Found](), Selection((pattern,))

    def hear(name: Name) -> None:
        if name.path and selection.takes(name.path, folder=name.sort == FOLDER):
            found.append(Found(shown(name.path), name.size or 0, name.modified))

    home.listed(record, hear)
    return found


def differing(home: Home, record: Record, root: Path, *, thorough: bool = False) -> list[Difference]:
    """What differs between a snapshot and a folder as it is now; what the engine would leave out is not looked at.

    `thorough` reads the bytes of files that look equal, too.
    """
    found, known, other = list[Difference](), set[bytes](), set[str]()

    def hear(name: Name) -> None:
        known.add(_digest(name.path))
        for words in _differences(root / name.path, name):
            found.append(Difference(shown(name.path), words))
            other.add(name.path)

    def hear_now(path: str) -> None:
        if _digest(path) not in known:
            found.append(Difference(shown(path), "is not in the backup"))

    home.listed(record, hear)
    home.taking(root, hear_now)
    return [*found, *(bytes_differing(home, record, root, other) if thorough else ())]


def _digest(path: str) -> bytes:
    """Stands for a path: a million of them take some 50 MB."""
    return blake2b(os.fsencode(path), digest_size=16).digest()


def _differences(path: Path, name: Name) -> Iterator[str]:
    try:
        now = path.lstat()
    except OSError:
        yield "is not there"
        return
    mode = stat.filemode(now.st_mode)
    if mode[0] != name.sort:
        yield f"is of type {mode[0]!r}, not {name.sort!r}"
        return
    if name.sort == FILE and name.size not in (None, now.st_size):
        yield f"has {now.st_size} bytes, not {name.size}"
    if abs(now.st_mtime_ns // 1000 - (name.modified - _EPOCH) // timedelta(microseconds=1)) > _ROUNDED:
        yield "has another time"
    if mode != name.mode and name.sort != LINK:
        yield f"has mode {mode[1:]}, not {name.mode[1:]}"
    if (now.st_uid, now.st_gid) != (name.uid, name.gid):
        yield f"belongs to {now.st_uid}:{now.st_gid}, not {name.uid}:{name.gid}"


def first_good(homes: Homes, ask: Callable[[Home], T]) -> T:
    """What the first repository that can be read says; what every one of them said where none can."""
    return _first(homes, ask, lambda _: True)


def holding(homes: Homes, record: Record) -> bool:
    """Whether a repository holds a snapshot. Raises what those said that cannot be asked, where no other one holds it."""
    return _first(homes, lambda home: any(record.snapshot in each.ids for each in home.snapshots()), bool)


def _first(homes: Homes, ask: Callable[[Home], T], enough: Callable[[T], bool]) -> T:
    """The first answer that is enough, else the last one, unless a repository could not be asked: then nobody knows."""
    answers, problems = list[T](), list[Failure]()
    for home in homes.each:
        try:
            answers.append(ask(home))
        except Refused:
            raise
        except Failure as problem:
            problems.append(problem)
        else:
            if enough(answers[-1]):
                return answers[-1]
    if problems:
        raise type(problems[0])("; ".join(problem.reason for problem in problems))
    return answers[-1]
