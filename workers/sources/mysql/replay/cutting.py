"""Logs of the replay's own: what was committed between the full backup and the moment, and is the target's. Floor: tools."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workers.artifact import Position
from workers.errors import Refused
from workers.sources.mysql.replay.chain import Chain
from workers.sources.mysql.replay.decoding import Query
from workers.sources.mysql.replay.events import Log, opened
from workers.sources.mysql.replay.gathered import Gathered
from workers.sources.mysql.replay.sifting import Sieve
from workers.sources.mysql.replay.statements import Target
from workers.sources.mysql.replay.transactions import Transaction, transactions


@dataclass(frozen=True, slots=True)
class Place:
    """Where the logs are written, and what they are called there before the number."""

    folder: Path
    stem: str

    def file(self, number: int) -> Path:
        """The log of a number, named as servers do."""
        return self.folder / f"{self.stem}.{number:06}"


@dataclass(frozen=True, slots=True)
class Cut:
    """The replay's own logs in order, and how many transactions are in them and how many were left out.

    `kept` and `passed` are the GTIDs of those in them and of those left out, "" where there are none; `others` are databases that their
    statements name besides the target's; `end` is where the last transaction, in them or not, ended in the server's own log;
    `definitions` are the statements in them.
    """

    files: tuple[Path, ...]
    transactions: int
    left_out: int
    kept: str
    passed: str
    others: tuple[str, ...]
    end: Position
    definitions: tuple[Query, ...] = ()


def cut(chain: Chain, stop: Position, target: Target, place: Place) -> Cut:
    """Write the logs into a place, up to a position. Corrupt, naming file and offset, where a log is damaged before it."""
    taken, end = _Taken(Sieve(target)), chain.begin
    files: list[Path] = []
    for log in logs(chain, stop):
        with _Writer(log, place.file(len(files) + 1)) as writer:
            for transaction in before(chain, log, stop):
                taken.take(transaction, writer)
                end = Position(log.name, transaction.end)
        files += [writer.path] if writer.began else []
    counts = taken.counts
    return Cut(
        tuple(files),
        counts[0],
        counts[1],
        taken.kept.text,
        taken.passed.text,
        tuple(sorted(taken.others)),
        end,
        tuple(taken.definitions),
    )


def logs(chain: Chain, stop: Position) -> Iterator[Log]:
    """The logs up to a position, each open until the next is asked for; those behind it are not even looked at."""
    names = [path.name for path in chain.files]
    if stop.file not in names:
        raise Refused(f"{stop.file} is not among the logs ({names[0]} to {names[-1]})")
    for path in chain.files[: names.index(stop.file) + 1]:
        with opened(path) as log:
            yield log


def before(chain: Chain, log: Log, stop: Position) -> Iterator[Transaction]:
    """The transactions of a log before a position, which is between two of them; nothing behind it is read."""
    start = chain.start(log)
    return transactions(log, start, max(start, stop.offset) if log.name == stop.file else None)


class _Taken:
    """What was taken so far."""

    def __init__(self, sieve: Sieve) -> None:
        self.sieve, self.kept, self.passed = sieve, Gathered(), Gathered()
        self.others: set[str] = set()
        self.counts = [0, 0]
        self.definitions: list[Query] = []

    def take(self, transaction: Transaction, writer: "_Writer") -> None:
        found = self.sieve.sift(transaction)
        self.counts[not found.ours] += 1
        (self.kept if found.ours else self.passed).add(transaction.gtid)
        if found.ours:
            self.others |= found.others
            self.definitions += found.definitions
            writer.add(transaction, self.sieve.rest(transaction) if found.theirs else None)


class _Writer:
    """Writes transactions of one log as they are, in runs as long as possible. No file is made where there are none."""

    def __init__(self, log: Log, path: Path) -> None:
        self.log, self.path = log, path
        self._file: IO[bytes] | None = None
        self._run = (0, 0)

    @property
    def began(self) -> bool:
        return self._file is not None

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with self._file as file:
                self._flush(file)

    def add(self, transaction: Transaction, rest: bytes | None) -> None:
        """Write a transaction, or what is left of it."""
        if self._file is None:
            self._file = self.path.open("wb")
            self._file.write(self.log.head())
        if rest is None and transaction.start == self._run[1]:
            self._run = (self._run[0], transaction.end)
            return
        self._flush(self._file)
        if rest is not None:
            self._file.write(rest)
        self._run = (transaction.start, transaction.end) if rest is None else (0, 0)

    def _flush(self, file: IO[bytes]) -> None:
        begin, end = self._run
        with memoryview(self.log.data) as view, view[begin:end] as run:
            file.write(run)
