"""A store whose manifests are remembered on this host, where to fetch each of them costs far more than to list all. Floor: tools.

With a log every five minutes there are thousands of them, and the recovery window needs every one. Nothing is answered that the store does
not hold now: a body is taken from memory only for an object that the listing just before has shown, in that very version, and once.
Those that nobody remembers are fetched a few ahead, and whoever waits for them hears how far it is.
A store that lists no versions (a folder, where reading is quick) is read every time.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from workers.ports import Stat, Store
from workers.stores.ahead import Ahead
from workers.stores.memory import Memory
from workers.stores.retrying import RetryingStore

KEPT = "/manifest.json"  # what keys that are remembered end with: sealed once and never replaced
LARGEST = 1 << 18  # bytes; that of a log backup has some 3 KiB, one of a full 1 KiB for each segment
_EVERY = 0.5  # seconds after which what was read is written down: each time costs 0.5 ms of CPU, a fifth of fetching one


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the manifests of a store are read: so many of all that are not remembered."""

    store: str
    done: int
    of: int


Heard: TypeAlias = Callable[[Reading], None]


def unheard(_: Reading) -> None:
    """Nobody waits for it."""


class RememberingStore(RetryingStore):
    """A patient store with a memory."""

    def __init__(self, inner: Store, memory: Memory, heard: Heard = unheard, **patience: Any) -> None:
        """The store inside is not asked yet."""
        super().__init__(inner, **patience)
        self._memory, self._heard = memory, heard
        self._listed, self._known = dict[str, str](), dict[str, bytes]()
        self._fresh, self._written, self._done = list[tuple[str, str, bytes]](), 0.0, 0
        self._ahead = Ahead(self._fetched, ())

    def list(self, prefix: str) -> Iterator[Stat]:
        """See Store."""
        found = tuple(super().list(prefix))
        self._listed = {each.key: each.version for each in found if each.version and each.key.endswith(KEPT) and each.bytes <= LARGEST}
        self._known = self._memory.recall(self.name, prefix, self._listed) if self._listed else {}
        self._ahead, self._done = Ahead(self._fetched, (key for key in self._listed if key not in self._known)), 0
        yield from found

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """See Store. What its reader raises for is not remembered: it may be right in the store, or become so."""
        version, body = self._listed.pop(key, ""), self._known.pop(key, None)
        with ExitStack() as stack:
            if body is not None:
                stack.push(lambda kind, *_: self._memory.forget(self.name, key) if kind else None)
                yield io.BytesIO(body)
            elif not version:
                yield stack.enter_context(super().open(key))
            else:
                stack.callback(self._write)
                body = self._ahead.take(key)
                self._done += 1
                self._heard(Reading(self.name, self._done, self._done + self._ahead.left))
                yield io.BytesIO(body)
                self._fresh.append((key, version, body))

    def _fetched(self, key: str) -> bytes:
        with super().open(key) as source:
            return source.read()

    def _write(self) -> None:
        """Remember what was read, now and then: at the first, at the last, and while it goes on."""
        if self._fresh and (not self._ahead.left or time.monotonic() - self._written > _EVERY):
            self._memory.remember(self.name, self._fresh)
            self._fresh, self._written = [], time.monotonic()
