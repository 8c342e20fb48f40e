"""A pace holds over all readers together, in every stretch of time, and whoever waits is told that the stream lives."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from workers.artifact import Role
from workers.ports import Block, Part
from workers.spool.pace import Pace

MIB = 1 << 20


class Clock:
    """Time that passes only while somebody sleeps, or says so."""

    def __init__(self) -> None:
        self.now, self.naps = 100.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def part(*readers: list[int]) -> Part:
    first, *beside = (iter([Block(bytes(size)) for size in sizes]) for sizes in readers)
    return Part("data", Role.DATA, first, None, tuple(beside))


def read(clock: Clock, kept: Part, idle: dict[int, float] | None = None) -> list[tuple[float, int]]:
    """When how many bytes came, all readers in turn; before some of them the clock goes on by itself."""
    came: list[tuple[float, int]] = []
    readers = [kept.blocks, *kept.beside]
    while readers:
        for blocks in tuple(readers):
            clock.now += (idle or {}).get(len(came), 0)
            block = next(blocks, None)
            if block is None:
                readers.remove(blocks)
            elif block.data:
                came.append((clock.now, len(block.data)))
    return came


@given(
    st.lists(st.lists(st.integers(1, 3 * MIB), max_size=8), min_size=1, max_size=3),
    st.integers(MIB, 8 * MIB),
    st.dictionaries(st.integers(0, 12), st.floats(0, 5)),
)
def test_no_stretch_of_time_sees_more_than_its_share_and_one_block(readers, rate, idle):
    clock = Clock()
    came = read(clock, Pace(rate, clock, clock.sleep).keep(part(*readers)), idle)
    assert sorted(size for _, size in came) == sorted(size for sizes in readers for size in sizes)
    for first in range(len(came)):
        for last in range(first, len(came)):
            span, sizes = came[last][0] - came[first][0], [size for _, size in came[first : last + 1]]
            assert sum(sizes) - max(sizes) <= span * rate + 1


def test_a_stream_that_waits_gives_empty_blocks_within_a_second():
    clock = Clock()
    blocks = list(Pace(MIB, clock, clock.sleep).keep(part([4 * MIB, 1])).blocks)
    assert [len(block.data) for block in blocks] == [4 * MIB, *[0] * 8, 1]
    assert max(clock.naps) <= 0.5


def test_without_a_rate_a_part_stays_what_it_is():
    given_ = part([1], [2])
    assert Pace(None).keep(given_) is given_


def test_threads_that_read_at_once_share_one_rate():
    sizes, began = [MIB // 8] * 4, time.monotonic()
    kept = Pace(4 * MIB).keep(part(*[sizes] * 4))
    with ThreadPoolExecutor(4) as pool:
        came = sorted(moment for moments in pool.map(moments_of, [kept.blocks, *kept.beside]) for moment in moments)
    assert len(came) == 16
    assert came[-1] - began >= 15 * (MIB // 8) / (4 * MIB)  # never faster; how much slower is the machine's business


def moments_of(blocks: Iterator[Block]) -> list[float]:
    return [time.monotonic() for block in blocks if block.data]
