"""The pace of a dump: so many bytes a second over all its readers together. Floor: tools.

A block comes out once the one before it has had its time at this rate; what was not used is not saved up. So in any stretch of time no
more than its seconds times the rate come out, and one block.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from workers.ports import Block, Part

Clock: TypeAlias = Callable[[], float]
Sleep: TypeAlias = Callable[[float], None]

_NOTHING = Block(b"")
_NAP = 0.5  # seconds: a reader is told within a second that its stream lives, see Part


class Pace:
    """One for a whole dump; its readers may be threads. `rate` is in bytes a second; None: as fast as it goes."""

    def __init__(self, rate: int | None, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> None:
        self._rate, self._clock, self._sleep = rate, clock, sleep
        self._lock, self._free = threading.Lock(), clock()

    def keep(self, part: Part) -> Part:
        """The part, read no faster than this."""
        if self._rate is None:
            return part
        first, *beside = (self._kept(blocks, self._rate) for blocks in (part.blocks, *part.beside))
        return replace(part, blocks=first, beside=tuple(beside))

    def _kept(self, blocks: Iterator[Block], rate: int) -> Iterator[Block]:
        for block in blocks:
            while (left := self._left(len(block.data) / rate)) > 0:
                self._sleep(min(left, _NAP))
                yield _NOTHING
            yield block

    def _left(self, seconds: float) -> float:
        """How long a block still has to wait; where it has not, those after it wait for the seconds that it takes."""
        with self._lock:
            now = self._clock()
            if (left := self._free - now) <= 0:
                self._free = now + seconds
            return left
