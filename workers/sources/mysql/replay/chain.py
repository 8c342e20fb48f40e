"""Log files one after another, and where a replay begins in them. Floor: tools."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from workers import artifact
from workers.artifact import Position
from workers.errors import Corrupt, Refused
from workers.sources.mysql.logs import position
from workers.sources.mysql.logs.reading import Reader
from workers.sources.mysql.replay.events import HEADER, Kind, Log, opened
from workers.sources.mysql.replay.transactions import Transaction, transactions

_PIECE = 1 << 20
_LOG = re.compile(r".+\.\d{6,}")


@dataclass(frozen=True, slots=True)
class Chain:
    """The logs of one server in order, under the server's names, and the position of the full backup, which lies in the first."""

    files: tuple[Path, ...]
    begin: Position

    def start(self, log: Log) -> int:
        """Where the replay begins in a log."""
        return self.begin.offset if log.name == self.begin.file and self.begin.offset > log.first else log.first


def chain(folder: Path, begin: Position) -> Chain:
    """The logs in a folder from the full's position on. Refused, naming the gap, where one is missing."""
    files = _files(folder)
    names = [path.name for path in files]
    if begin.file not in names:
        has = f"{names[0]} to {names[-1]}" if names else "none"
        raise Refused(f"{begin.file}, in which the full backup's position lies, is not among the logs ({has}): they cannot be joined to it")
    found = Chain(files[names.index(begin.file) :], begin)
    _whole(found)
    return found


def everything(folder: Path) -> Chain:
    """All logs in a folder, for what is only read: a gap in them does not matter."""
    files = _files(folder)
    return Chain(files, Position(files[0].name if files else "", 0))


def walk(found: Chain, files: tuple[Path, ...] | None = None) -> Iterator[Transaction]:
    """All transactions after the full backup, or those in some of the files; a log is open while its transactions are looked at."""
    for path in files or found.files:
        with ExitStack() as stack:
            log = stack.enter_context(opened(path))
            yield from transactions(log, found.start(log))


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted((path for path in folder.iterdir() if _LOG.fullmatch(path.name)), key=lambda path: position.number(path.name)))


def _whole(found: Chain) -> None:
    """Every log but the last says which one comes next, or that the server was stopped; and that one is there.

    Only a log that ended in a crash says neither: there GTIDs have to prove that nothing is missing.
    """
    for path, after in zip(found.files, found.files[1:], strict=False):
        wanted = position.after(path.name)
        if after.name != wanted:
            raise Refused(f"there is a gap in the logs: after {path.name} comes {after.name}, and {wanted} is missing")
        with opened(path) as log:
            if not _is_closed(log, wanted) and not _goes_on(path, after):
                raise Refused(
                    f"there is a gap in the logs: {path.name} was not closed by its server, what it held before {after.name} is missing"
                )


def _goes_on(path: Path, after: Path) -> bool:
    """Whether nothing is missing between a log that ended in a crash and the next one: by what was executed, where there are GTIDs."""
    try:
        first, second = _read(path), _read(after)
    except Corrupt:
        return False
    return bool(first.after) and first.after == second.before


def _read(path: Path) -> artifact.Log:
    reader = Reader(path.name)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            reader.feed(piece)
    return reader.finish()


def _is_closed(log: Log, after: str) -> bool:
    """Whether the last event is the one that closes a log; both kinds have a size that is known."""
    for kind, length in ((Kind.ROTATE, HEADER.size + 8 + len(after.encode()) + log.tail), (Kind.STOP, HEADER.size + log.tail)):
        at = len(log.data) - length
        if at >= log.first and HEADER.unpack_from(log.data, at)[1:4:2] == (kind, length):
            return True
    return False
