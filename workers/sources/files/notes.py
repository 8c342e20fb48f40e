"""What a dump has to say about single names, kept short enough for a manifest. Floor: tools."""

from collections import Counter

from workers.sources.files.names import shown

MOST = 200  # named one by one in the manifest; each has its `problem` in the index, too, and a manifest is read whole


class Notes:
    """Warnings, each of one path, in the order in which they came."""

    def __init__(self) -> None:
        """None yet."""
        self._named: list[str] = []
        self._more: Counter[str] = Counter()

    def add(self, path: str, problem: str) -> None:
        """Note what was wrong with a path."""
        if len(self._named) < MOST:
            self._named.append(f"{shown(path)}: {problem}")
        else:
            self._more[problem.partition(":")[0]] += 1

    @property
    def warnings(self) -> tuple[str, ...]:
        """All of them as sentences; beyond the first some, how many more of each sort."""
        return (*self._named, *(f"{count} more: {problem}" for problem, count in self._more.most_common()))
