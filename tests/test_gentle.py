"""A dump that nobody asked to be gentle is as it would be without the word."""

from workers.command import ORDINARY, Manners
from workers.gentle import UNTHROTTLED


def test_what_is_not_throttled_is_an_ordinary_child_waits_for_nothing_and_tells_nobody() -> None:
    assert UNTHROTTLED.manners == ORDINARY == Manners(nice=0, io=None)
    assert UNTHROTTLED.ceiling is None
    assert UNTHROTTLED.tell("waits") is None
