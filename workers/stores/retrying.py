"""Any store with a little patience: what may pass by itself is tried again a few times, within seconds. Floor: tools.

For a service that answers 503 once, or a connection that breaks; an outage is for the step, which tries again after a longer time.
A put may be repeated because the same content again is success: a first try whose answer was lost has done no harm.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay, wait_random_exponential

from workers.artifact import Form
from workers.errors import Transient
from workers.ports import Address, Stat, Store

T = TypeVar("T")

TRIES = 4
SECONDS = 8.0  # after which no further try begins: a restore has another store to turn to
PAUSE = 0.5  # seconds that the first wait is shorter than; each later one may be twice as long
log = structlog.get_logger("canvasback.store")


class RetryingStore:
    """The store inside, whose Transient is raised only when it came again and again."""

    def __init__(self, inner: Store, *, seconds: float = SECONDS, pause: float = PAUSE) -> None:
        """The store inside is not asked yet."""
        self._inner, self._seconds, self._backoff = inner, seconds, wait_random_exponential(multiplier=pause)
        self.name, self.properties = inner.name, inner.properties

    def put(self, key: str, body: Path | bytes, form: Form, crc: str = "") -> None:
        """See Store."""
        self._tried(key, lambda: self._inner.put(key, body, form, crc))

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """See Store. Opening is tried again, reading is not: part of it has been handed on."""
        with ExitStack() as stack:
            yield self._tried(key, lambda: stack.enter_context(self._inner.open(key)))

    def stat(self, key: str) -> Stat | None:
        """See Store."""
        return self._tried(key, lambda: self._inner.stat(key))

    def list(self, prefix: str) -> Iterator[Stat]:
        """See Store. All of it is read before the first is told, so that it can be read again from the beginning."""
        yield from self._tried(prefix, lambda: tuple(self._inner.list(prefix)))

    def remove(self, key: str) -> None:
        """See Store."""
        self._tried(key, lambda: self._inner.remove(key))

    def free(self) -> int | None:
        """See Store."""
        return self._tried("", self._inner.free)

    def sweep(self, older: timedelta) -> int:
        """See Store."""
        return self._tried("", lambda: self._inner.sweep(older))

    def address(self, folder: str) -> Address:
        """See Store."""
        return self._inner.address(folder)

    def _tried(self, key: str, what: Callable[[], T]) -> T:
        patience = Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(TRIES) | stop_before_delay(self._seconds),
            wait=lambda state: max(self._backoff(state), _asked(state)),
            before_sleep=lambda state: log.info("tried again", store=self.name, key=key, reason=str(_failure(state))),
            reraise=True,
        )
        return patience(what)


def _asked(state: RetryCallState) -> float:
    """Seconds that the store asked for."""
    return float(getattr(_failure(state), "retry_after", 0.0))


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
