"""Ends a step whose run is over, wherever it stands, and says meanwhile that the step is alive.

A step looks at the ledger between two pieces of work; what waits in a read of a pipe or an answer of a server does not.
So a thread looks every few seconds, and where the run is over it sends the main thread a signal whose handler raises:
a blocking call ends there (PEP 475), and every context manager on the way out ends its child or connection.
The same look is the step's sign of life, by which the reaper tells a long step from a lost one.
"""

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from workers.errors import RunFailed

T = TypeVar("T")

EVERY = 3.0  # seconds between two looks; a shorter step costs none
SIGNAL = signal.SIGUSR2  # Celery uses SIGUSR1 in its pool for soft time limits

log = structlog.get_logger("canvasback.leash")


class Interrupted(BaseException):
    """Raised in the middle of a step. No Exception: whoever handles failures on the way must not take it for one."""


def leashed(look: Callable[[], None], work: Callable[[], T], every: float = EVERY) -> T:
    """The result of `work`. Raises RunFailed as soon as `look` does; only in a main thread, where signals arrive."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    leash = Leash(look, every)
    try:
        with leash:
            return work()
    except Interrupted:
        raise leash.reason from None


class Leash:
    """Looks while its block runs; interrupts it once, so that the clean-up on the way out is left in peace."""

    def __init__(self, look: Callable[[], None], every: float) -> None:
        self.reason = RunFailed("the run is over")
        self._look, self._every = look, every
        self._over, self._ending = threading.Event(), threading.Lock()

    def __enter__(self) -> None:
        """Begin to look."""
        signal.signal(SIGNAL, self._interrupt)
        threading.Thread(target=self._watch, daemon=True, name="leash").start()

    def __exit__(self, *_: object) -> None:
        """Look no more. The thread is not waited for: it may be asking a Redis that is away."""
        with self._ending:
            self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            try:
                self._look()
            except RunFailed as reason:
                self._pull(reason)
                return
            except Exception as error:  # noqa: BLE001  # a look that failed is done again; the step itself finds out what is wrong
                log.warning("could not look whether the run goes on", error=repr(error))

    def _pull(self, reason: RunFailed) -> None:
        with self._ending:
            if not self._over.is_set():
                self.reason = reason
                signal.pthread_kill(threading.main_thread().ident or 0, SIGNAL)

    def _interrupt(self, *_: Any) -> None:
        if not self._over.is_set():
            self._over.set()
            raise Interrupted
