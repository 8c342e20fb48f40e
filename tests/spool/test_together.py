"""Several iterators at once: all of what they give, the first failure, and no thread left."""

import threading
import time
from collections.abc import Iterator

import pytest

from workers.errors import Permanent
from workers.spool.together import Together


def _count(together: Together[int], start: int, wait: float = 0.0) -> Iterator[int]:
    for number in range(start, start + 3):
        time.sleep(wait)
        together.stop()
        yield number


def _for_ever(together: Together[int]) -> Iterator[int]:
    while True:
        time.sleep(0.01)
        together.stop()
        yield 0


def _fail() -> Iterator[int]:
    yield 1
    raise Permanent("the second is broken")


def test_everything_comes_and_each_in_its_own_order() -> None:
    together = Together[int]()
    found = list(together.run([_count(together, 0), _count(together, 10)]))
    assert [number for number in found if number < 10] == [0, 1, 2]
    assert [number for number in found if number >= 10] == [10, 11, 12]


def test_they_run_at_once() -> None:
    together, started = Together[int](), time.monotonic()
    assert len(list(together.run([_count(together, 0, 0.2), _count(together, 10, 0.2)]))) == 6
    assert time.monotonic() - started < 1.0


def test_the_first_failure_is_raised_and_ends_all_others() -> None:
    together, before = Together[int](), threading.active_count()
    with pytest.raises(Permanent, match="the second is broken"):
        list(together.run([_for_ever(together), _fail(), _for_ever(together)]))
    assert threading.active_count() == before


def test_whoever_stops_reading_ends_them_all() -> None:
    together, before = Together[int](), threading.active_count()
    reading = together.run([_for_ever(together), _for_ever(together)])
    next(reading)
    reading.close()
    assert threading.active_count() == before
