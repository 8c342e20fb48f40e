"""Which segments of a chain hold which files, so that a restore fetches those and no others. Floor: tools."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from workers.artifact import Role, Segment
from workers.errors import Corrupt
from workers.sources.files.entry import Body
from workers.sources.files.extract import first
from workers.sources.files.plan import blocks_of


class Whereabouts:
    """The data segments of a backup and of those that it shares data with, and which of them are wanted: one number each, no names."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        """Raises Permanent for a data segment that is no piece of a tar stream."""
        self._begins: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # stream → where a segment begins in it, its number
        self._wanted: set[int] = set()
        for segment in segments:
            if segment.role is Role.DATA:
                mark = first(segment)
                self._begins[mark.stream].append((mark.at, segment.number))
        for begins in self._begins.values():
            begins.sort()

    def want(self, body: Body) -> None:
        """Want every segment that holds a piece of a file. Corrupt where no segment can."""
        begins, blocks = self._begins.get(body.stream, []), blocks_of(body)
        low, high = (bisect_right(begins, block, key=lambda begin: begin[0]) for block in (blocks[0], blocks[-1]))
        if low == 0:
            raise Corrupt(f"the index of files names stream {body.stream}, block {body.block}, which no segment of the backup holds")
        self._wanted.update(number for _, number in begins[low - 1 : high])

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """First and last number of each run of wanted segments."""
        found: list[tuple[int, int]] = []
        for number in sorted(self._wanted):
            if found and found[-1][1] == number - 1:
                found[-1] = (found[-1][0], number)
            else:
                found.append((number, number))
        return tuple(found)
