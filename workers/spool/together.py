"""Several iterators at once, each in a thread of its own, as one: what any of them gives comes out as soon as it is there.

The first failure stops all others and is raised; none of their threads is alive any more when it is. Reading, hashing and writing let
go of the interpreter's lock, so that threads use several cores.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
Stop: TypeAlias = Callable[[], None]


class Stopped(Exception):
    """Raised by `stop` in the threads that are to end."""


class _Failed:
    """How a thread ended, where it did not end well."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _End:
    """A thread came to its end."""


class Together(Generic[T]):
    """Iterators in threads. Each MUST call `stop` again and again, at least every second: it raises once the others are to end."""

    def __init__(self) -> None:
        self._said: SimpleQueue[T | _Failed | _End] = SimpleQueue()
        self._over = threading.Event()

    def stop(self) -> None:
        """Raise Stopped once all are to end."""
        if self._over.is_set():
            raise Stopped

    def run(self, iterators: Sequence[Iterator[T]]) -> Iterator[T]:
        """What they give, in the order in which it comes. Whoever stops reading ends them all."""
        threads = [threading.Thread(target=self._read, args=(each,), daemon=True) for each in iterators]
        for thread in threads:
            thread.start()
        try:
            yield from self._listen(len(threads))
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _listen(self, going: int) -> Iterator[T]:
        while going:
            said = self._said.get()
            if isinstance(said, _Failed):
                raise said.error
            if isinstance(said, _End):
                going -= 1
            else:
                yield said

    def _read(self, iterator: Iterator[T]) -> None:
        try:
            for each in iterator:
                self._said.put(each)
            self._said.put(_End())
        except Stopped:
            self._said.put(_End())
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that reads
            self._said.put(_Failed(error))
