"""Lanes: as many readers as a dump has streams, sharing its processes. Floor: tools.

Every process opened its snapshot at one moment, and they may be more than the lanes: each lane reads one for a while, then the next that
waits. So a wrong estimate of a table's size leaves no lane idle, and no process waits for long: MariaDB's server hangs up on a client
that takes nothing for `net_write_timeout` (60 s), which its dump program cannot raise.

Lanes after the first take up nothing while the server is busy. The first reads on, whatever happens: no process is left waiting.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workers.ports import Block
from workers.sources.mysql.stream import Stream

_NOTHING = Block(b"")
_NAP = 0.5  # seconds between two looks at a busy server; a reader is told within a second that its stream lives, see Part
_TURN = 5.0  # seconds: with 12 processes for each lane none waits for longer than the server does


@dataclass(frozen=True, slots=True)
class _Reading:
    """A process and its blocks, begun or not."""

    stream: Stream
    blocks: Iterator[Block]


def never() -> bool:
    """Of a server that nobody asked about."""
    return False


def lanes(streams: Sequence[Stream], count: int, busy: Callable[[], bool] = never) -> tuple[Iterator[Block], ...]:
    """At most `count` readers, no more than processes. Each may be read by a thread of its own; the first alone gives everything."""
    waiting = deque(_Reading(stream, stream.blocks()) for stream in streams)
    return tuple(_lane(waiting, busy if number else never) for number in range(min(count, len(streams))))


def _lane(waiting: deque[_Reading], busy: Callable[[], bool]) -> Iterator[Block]:
    while True:
        while waiting and busy():
            yield _NOTHING
            time.sleep(_NAP)
        try:
            reading = waiting.popleft()
        except IndexError:
            return
        yield from _turn(reading, waiting)


def _turn(reading: _Reading, waiting: deque[_Reading]) -> Iterator[Block]:
    """Blocks of one process, until its end or, where others wait, the end of its turn: then it waits behind them.

    What keeps people from writing is read to its end.
    """
    end = math.inf if reading.stream.unbroken else time.monotonic() + _TURN
    for block in reading.blocks:
        yield block
        for other in tuple(waiting):
            other.stream.look()
        if waiting and time.monotonic() > end:
            waiting.append(reading)
            return
