"""What a dump has to say about single names, kept short enough for a manifest. Floor: tools."""

from collections import Counter
from enum import StrEnum

from workers.sources.folders.paths import shown

MOST = 200  # named one by one in the manifest; each has its `problem` in the index, too, and a manifest is read whole
_FIRST = 5  # of a sort that a failure names


class Sort(StrEnum):
    """What a note is about: a name whose contents are missing, a file that is of no one moment, or what is as it is meant to be."""

    UNREADABLE = "could not be read"
    CHANGED = "changed while they were read"
    MEANT = "are as the settings want them"


class Notes:
    """Warnings, each of one path, in the order in which they came."""

    def __init__(self) -> None:
        """None yet."""
        self._named: list[str] = []
        self._more: Counter[str] = Counter()
        self._counts: Counter[Sort] = Counter()
        self._first: dict[Sort, list[str]] = {sort: [] for sort in Sort}

    def add(self, path: str, problem: str, sort: Sort = Sort.MEANT) -> None:
        """Note what was wrong with a path."""
        words = f"{shown(path)}: {problem}"
        if len(self._named) < MOST:
            self._named.append(words)
        else:
            self._more[problem.partition(":")[0]] += 1
        self._counts[sort] += 1
        if len(self._first[sort]) < _FIRST:
            self._first[sort].append(words)

    def told(self, sort: Sort) -> str:
        """How many names of a sort there are, and the first of them; "" where there is none."""
        count, first = self._counts[sort], "; ".join(self._first[sort])
        return f"{count} names {sort}: {first}{f' and {count - _FIRST} more' if count > _FIRST else ''}" if count else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """All of them as sentences; beyond the first some, how many more of each sort."""
        return (*self._named, *(f"{count} more: {problem}" for problem, count in self._more.most_common()))
