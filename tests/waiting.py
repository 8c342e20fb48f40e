"""Waiting for what another process does."""

import time
from collections.abc import Callable


def until(what: Callable[[], object], seconds: float = 30) -> None:
    """Look again and again. AssertionError when it has not come true in time."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited {seconds} s"
        time.sleep(0.02)
