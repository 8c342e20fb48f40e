"""Objects that are read in order are fetched ahead, several at once; nothing is fetched for who reads one, or backwards."""

import threading
from collections.abc import Callable

import pytest

from workers.errors import Transient
from workers.stores.ahead import HANDS, Ahead

KEYS = [f"{number:03}" for number in range(40)]


class Shelf:
    """What is fetched from, and what was fetched; `meet` lets the first wait until so many are fetched at once."""

    def __init__(self, meet: int = 0, broken: str = "") -> None:
        self.fetched, self.broken = list[str](), broken
        self.gate = threading.Barrier(meet) if meet else None

    def fetch(self, key: str) -> bytes:
        self.fetched.append(key)
        if self.gate and key in KEYS[1 : 1 + self.gate.parties]:
            self.gate.wait(10)
        if key == self.broken:
            raise Transient(f"{key} is away")
        return key.encode()


@pytest.fixture
def ahead() -> Callable[[Shelf], Ahead]:
    return lambda shelf: Ahead(shelf.fetch, KEYS)


def test_all_come_in_order_and_each_is_fetched_once(ahead: Callable[[Shelf], Ahead]) -> None:
    shelf = Shelf()
    found = ahead(shelf)
    assert [(found.take(key), found.left) for key in KEYS] == [(key.encode(), 39 - number) for number, key in enumerate(KEYS)]
    assert sorted(shelf.fetched) == KEYS


def test_several_are_fetched_at_once(ahead: Callable[[Shelf], Ahead]) -> None:
    shelf = Shelf(meet=2)  # a single hand would wait here for ever, and the barrier break
    found = ahead(shelf)
    assert [found.take(key) for key in KEYS] == [key.encode() for key in KEYS]


def test_who_takes_one_has_one_fetched(ahead: Callable[[Shelf], Ahead]) -> None:
    shelf = Shelf()
    assert ahead(shelf).take(KEYS[3]) == b"003"
    assert shelf.fetched == [KEYS[3]]


def test_who_reads_backwards_has_none_fetched_for_nothing(ahead: Callable[[Shelf], Ahead]) -> None:
    shelf = Shelf()
    found = ahead(shelf)
    assert [found.take(key) for key in reversed(KEYS)] == [key.encode() for key in reversed(KEYS)]
    assert shelf.fetched == KEYS[::-1]


def test_those_before_the_first_that_is_taken_are_not_fetched(ahead: Callable[[Shelf], Ahead]) -> None:
    shelf = Shelf()
    found = ahead(shelf)
    for key in KEYS[30:]:
        found.take(key)
    assert sorted(shelf.fetched) == KEYS[30:]


def test_no_more_are_fetched_ahead_than_there_are_hands(ahead: Callable[[Shelf], Ahead]) -> None:
    shelf = Shelf()
    found = ahead(shelf)
    for key in KEYS[:5]:
        found.take(key)
    assert len(shelf.fetched) <= 5 + HANDS


def test_what_a_fetch_raises_is_raised_for_that_object_alone(ahead: Callable[[Shelf], Ahead]) -> None:
    found = ahead(Shelf(broken=KEYS[7]))
    for key in KEYS:
        if key == KEYS[7]:
            with pytest.raises(Transient, match="007 is away"):
                found.take(key)
        else:
            assert found.take(key) == key.encode()
