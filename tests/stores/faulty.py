"""A store that fails on purpose: a decorator that breaks the nth call of a method in a way that is named beforehand."""

import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from workers.artifact import Form
from workers.errors import Transient
from workers.ports import Address, Stat, Store

METHODS = ("put", "open", "stat", "list", "remove", "free", "sweep")


class Fault(StrEnum):
    """What happens to a call."""

    REFUSED = "refused"  # 500: nothing was done
    LOST = "lost"  # done, and the answer never came: the caller's time is up
    SLOW = "slow"  # done, after a while
    CUT = "cut"  # the bytes, or the rows of a list, end early and nothing says so
    WRONG = "wrong"  # as many bytes, one of them another
    STALE = "stale"  # what was put since the store was made is not seen yet


@dataclass(frozen=True, slots=True)
class Break:
    """Which calls break and how: the `nth` of `method`, counted from 1, and `times` of them in a row."""

    method: str
    fault: Fault
    nth: int = 1
    times: int = 1


class FaultyStore:
    """The store inside, broken where a `Break` says so. `calls` counts by method, the broken ones too."""

    def __init__(self, inner: Store, *breaks: Break, delay: float = 0.01) -> None:
        """A stale store shows what is there now."""
        self.name, self.properties = inner.name, inner.properties
        self._inner, self._breaks, self._delay = inner, breaks, delay
        self._before = {found.key: found for found in inner.list("")}
        self.calls: Counter[str] = Counter()

    def put(self, key: str, body: Path | bytes, form: Form, crc: str = "") -> None:
        with self._around("put"):
            self._inner.put(key, body, form, crc)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        with self._around("open") as fault, self._inner.open(key) as source:
            whole = source.read()
        yield io.BytesIO(_spoilt(whole, fault))

    def stat(self, key: str) -> Stat | None:
        with self._around("stat") as fault:
            return self._before.get(key) if fault is Fault.STALE else self._inner.stat(key)

    def list(self, prefix: str) -> Iterator[Stat]:
        with self._around("list") as fault:
            found = [*self._inner.list(prefix)]
        if fault is Fault.STALE:
            found = [row for row in found if row.key in self._before]
        yield from _shortened(found) if fault is Fault.CUT else found

    def remove(self, key: str) -> None:
        with self._around("remove"):
            self._inner.remove(key)

    def free(self) -> int | None:
        with self._around("free"):
            return self._inner.free()

    def sweep(self, older: timedelta) -> int:
        with self._around("sweep"):
            return self._inner.sweep(older)

    def address(self, folder: str) -> Address:
        return self._inner.address(folder)

    @contextmanager
    def _around(self, method: str) -> Iterator[Fault | None]:
        self.calls[method] += 1
        fault = next((found.fault for found in self._breaks if _hits(found, method, self.calls[method])), None)
        if fault is Fault.REFUSED:
            raise Transient(f"store {self.name}: 500 InternalError: {method}")
        if fault is Fault.SLOW:
            time.sleep(self._delay)
        yield fault
        if fault is Fault.LOST:
            raise Transient(f"store {self.name} does not answer: {method}")


def _hits(found: Break, method: str, call: int) -> bool:
    return found.method == method and found.nth <= call < found.nth + found.times


def _spoilt(whole: bytes, fault: Fault | None) -> bytes:
    if fault is Fault.CUT:
        return whole[: len(whole) // 2]
    if fault is Fault.WRONG and whole:
        return whole[:-1] + bytes([whole[-1] ^ 1])
    return whole


def _shortened(found: Sequence[Stat]) -> Sequence[Stat]:
    return found[: len(found) // 2]
