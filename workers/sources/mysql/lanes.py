"""Lanes: as many readers as a dump has streams, sharing its processes. Floor: tools.

Every process opened its snapshot at one moment, and may be more than the lanes: each lane takes the next one when its own has ended,
so a wrong estimate of a table's size leaves no lane idle. A process whose turn has not come waits in write().
"""

from collections import deque
from collections.abc import Iterator, Sequence

from workers.ports import Block
from workers.sources.mysql.stream import Stream


def lanes(streams: Sequence[Stream], count: int) -> tuple[Iterator[Block], ...]:
    """At most `count` readers, no more than processes. Each may be read by a thread of its own; any of them alone gives everything."""
    waiting = deque(streams)
    return tuple(_lane(waiting) for _ in range(min(count, len(streams))))


def _lane(waiting: deque[Stream]) -> Iterator[Block]:
    while True:
        try:
            stream = waiting.popleft()
        except IndexError:
            return
        for block in stream.blocks():
            yield block
            for other in tuple(waiting):
                other.look()
