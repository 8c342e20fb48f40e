"""Small objects that are read one after another, in a known order: fetched a few ahead, for most of their cost is waiting. Floor: tools.

A bucket far away answers after 30 ms, of which 2 are work: thousands of manifests are minutes one by one. Who reads two in order reads on,
as a rule; who reads a single one, or backwards, has none fetched for nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

HANDS = 8  # fetched at once at most; a client has connections for 32


class Ahead:
    """Hands out each object once. `fetch` is called in threads, and what it raises is raised where that object is taken."""

    def __init__(self, fetch: Callable[[str], bytes], keys: Iterable[str]) -> None:
        """Nothing is fetched yet."""
        self._fetch, self._coming, self._going = fetch, deque(keys), dict[str, Future[bytes]]()
        self._known, self._hands = set(self._coming), 0
        self._pool: ThreadPoolExecutor | None = None

    @property
    def left(self) -> int:
        """How many there are behind the last that was taken."""
        return len(self._coming) + len(self._going)

    def take(self, key: str) -> bytes:
        """One object. Those before it in the order are not fetched any more; more are begun behind it, the further it is read."""
        if key not in self._going:
            self._pass(key)
        started = self._going.pop(key, None)
        self._begin()
        return started.result() if started else self._fetch(key)

    def _pass(self, key: str) -> None:
        self._going.clear()
        if key in self._known:
            while (found := self._coming.popleft()) != key:
                self._known.discard(found)
            self._known.discard(key)
        else:
            self._coming.clear()
            self._known.clear()

    def _begin(self) -> None:
        while self._coming and len(self._going) < self._hands:
            self._pool = self._pool or ThreadPoolExecutor(HANDS, thread_name_prefix="ahead")
            key = self._coming.popleft()
            self._going[key] = self._pool.submit(self._fetch, key)
        self._hands = min(HANDS, self._hands * 2 or 1)
        if self._pool and not self._coming:
            self._pool.shutdown(wait=False)  # what was begun is brought to its end
            self._pool = None
