"""A store whose manifests are remembered on this host, where to fetch each of them costs far more than to list all. Floor: tools.

With a log every five minutes there are thousands of them, and the recovery window needs every one. Nothing is answered that the store does
not hold now: a body is taken from memory only for an object that the listing just before has shown, in that very version, and once.
A store that lists no versions (a folder, where reading is quick) is read every time.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

from workers.ports import Stat, Store
from workers.stores.memory import Memory
from workers.stores.retrying import RetryingStore

KEPT = "/manifest.json"  # what keys that are remembered end with: sealed once and never replaced
LARGEST = 1 << 18  # bytes; that of a log backup has some 3 KiB, one of a full 1 KiB for each segment


class RememberingStore(RetryingStore):
    """A patient store with a memory."""

    def __init__(self, inner: Store, memory: Memory, **patience: Any) -> None:
        """The store inside is not asked yet."""
        super().__init__(inner, **patience)
        self._memory, self._listed, self._known = memory, dict[str, str](), dict[str, bytes]()

    def list(self, prefix: str) -> Iterator[Stat]:
        """See Store."""
        found = tuple(super().list(prefix))
        self._listed = {each.key: each.version for each in found if each.version and each.key.endswith(KEPT) and each.bytes <= LARGEST}
        self._known = self._memory.recall(self.name, prefix, self._listed) if self._listed else {}
        yield from found

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """See Store. What its reader raises for is not remembered: it may be right in the store, or become so."""
        version, body = self._listed.pop(key, ""), self._known.pop(key, None)
        with ExitStack() as stack:
            if body is not None:
                stack.push(lambda kind, *_: self._memory.forget(self.name, key) if kind else None)
                yield io.BytesIO(body)
                return
            source = stack.enter_context(super().open(key))
            if not version:
                yield source
                return
            body = source.read()
            yield io.BytesIO(body)
            self._memory.remember(self.name, key, version, body)
