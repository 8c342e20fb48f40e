"""The plan of a restore: which entries lie in which stretch of which stream, in files, so that each load finds its own. Floor: tools.

Before each line stand the first block and the end of its body: most of the lines in a stretch may be of another segment.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from workers.sources.files.entry import Body, Entry
from workers.sources.files.index import parse
from workers.sources.files.pack import BLOCK

STRETCH = 16 << 20  # bytes of a stream that one file of the plan covers: the smallest usual segment
_HELD = 4 << 20  # bytes of lines held before they are written


class PlanWriter:
    """Sorts entries with bodies into the files of a plan."""

    def __init__(self, folder: Path) -> None:
        """`folder` is empty."""
        self._folder, self._size = folder, 0
        self._held: defaultdict[str, bytearray] = defaultdict(bytearray)

    def add(self, body: Body, text: bytes) -> None:
        """Add the line of an entry to every stretch that its body touches."""
        text = b"%d %d " % _reach(body) + text
        for number in _stretches(body.block, body.at + body.stored):
            self._held[f"{body.stream}-{number}"] += text
            self._size += len(text)
        if self._size >= _HELD:
            self.flush()

    def flush(self) -> None:
        """Bring everything into the files."""
        for name, data in self._held.items():
            with (self._folder / name).open("ab") as file:
                file.write(data)
        self._held.clear()
        self._size = 0


def touching(folder: Path, stream: str, start: int, end: int) -> Iterator[tuple[Entry, Body]]:
    """The entries of a plan, with their bodies, that have bytes in [start, end) of a stream, or begin there; each once."""
    for number in _stretches(start, end):
        path = folder / f"{stream}-{number}"
        if not path.exists():
            continue
        with path.open("rb") as file:
            for text in file:
                block, finish, rest = text.split(b" ", 2)
                if int(block) < end and int(finish) > start and number == max(int(block), start) // STRETCH:  # listed here first
                    entry = parse(rest)
                    if entry.body:
                        yield entry, entry.body


def blocks_of(body: Body) -> range:
    """Where the blocks begin that hold a body and its header."""
    return range(body.block, max(body.at + body.stored, body.block + 1), BLOCK)


def _stretches(start: int, end: int) -> range:
    return range(start // STRETCH, (max(end, start + 1) - 1) // STRETCH + 1)


def _reach(body: Body) -> tuple[int, int]:
    """Where the first block of a body begins, and where its bytes end; an empty file lies in the block of its header."""
    return body.block, body.at + body.stored if body.stored else body.block + 1
