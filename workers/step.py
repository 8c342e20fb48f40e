"""The base of every task: timing, log context, and a retry that depends on the kind of the error.

Conventions: the run's id is the last argument of a step; a segment is its first. What fails for good is noted in the
ledger; of a lost worker process, which cannot note anything, `workers.signals` does it.
"""

import random
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from celery import Task
from celery.exceptions import Ignore, Reject, Retry

from workers.catalog.ledger import Reason, StepRecord
from workers.errors import Failure, Permanent, RunFailed, Transient
from workers.leash import leashed

log = structlog.get_logger("canvasback.step")


class Step(Task):  # type: ignore[misc]  # Celery ships no types
    """Runs a task with context and timing. `Transient` is tried again, anything else fails at once."""

    abstract = True
    rank = 0  # the place of the step in the way of a segment
    patience = 5  # tries after a Transient
    max_retries = 3  # Celery's own, after its process was killed: what kills its process every time must come to an end
    longest_wait = 60.0  # seconds between two tries
    default_retry_delay = 2  # seconds until a step whose process was killed is tried again; Celery's own default is 180

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task once. An unforeseen exception becomes a Permanent, so that a message survives JSON."""
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(target=None, **context(self, args)):
            try:
                value = self._once(args, kwargs)
            except (Retry, Ignore, Reject):
                raise
            except Failure as error:
                again = isinstance(error, Transient) and self.request.retries < self.patience
                self.note(args, started, "retry" if again else error.reason)
                if again:
                    raise self.retry(exc=error, countdown=self.wait(error), max_retries=self.patience) from error
                self.fail(args, error)
                raise
            except Exception as error:  # the border to Celery: whatever comes is told in words
                log.exception("unforeseen")
                told = Permanent(f"unforeseen {type(error).__name__}: {error}")
                self.note(args, started, told.reason)
                self.fail(args, told)
                raise told from error
            self.note(args, started, "ok")
            return value

    def _once(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        where = context(self, args)
        if "run" not in where:
            return self.run(*args, **kwargs)
        return leashed(
            partial(self.app.tools.ledger.pulse, where["run"]), partial(self._in_turn, where, partial(self.run, *args, **kwargs))
        )

    def _in_turn(self, where: dict[str, Any], work: Callable[[], Any]) -> Any:
        with self.app.tools.room.turn(where["run"], where["segment"]) if "segment" in where else nullcontext():
            self._done_before(where)
            self._lost_too_often(where)
            return work()

    def _done_before(self, where: dict[str, Any]) -> None:
        """Ignore a message that comes again after the next step was done: killed between sending that on and saying so, it comes twice.

        Its segment's files may be gone by now, and whoever sent the next step goes on without this one.
        """
        if "segment" in where and self.app.tools.ledger.past(where["run"], where["segment"], self.rank):
            log.info("done before", outcome="ignored")
            raise Ignore

    def _lost_too_often(self, where: dict[str, Any]) -> None:
        """Permanent where this very step was lost with its whole worker again and again: Celery counts lost processes only."""
        if (self.request.delivery_info or {}).get("redelivered"):
            times = self.app.tools.ledger.again(where["run"], f"{self.name}:{where.get('segment', '')}")
            if times > Step.max_retries:
                raise Permanent(f"lost with its worker {times} times; look at that worker's log and at the memory of its host")

    def fail(self, args: tuple[Any, ...], error: Failure) -> None:
        """Note the reason in the ledger before Celery hears of it: the errback is sent first, and reads it there."""
        where = context(self, args)
        if "run" in where and not isinstance(error, RunFailed):
            self.app.tools.ledger.fail(where["run"], Reason(self.name, error.reason, where.get("segment")))

    def wait(self, error: Failure) -> float:
        """Seconds to the next try: doubling with jitter, or what the other side asked for."""
        asked: float | None = getattr(error, "retry_after", None)
        backoff: float = min(2.0**self.request.retries, self.longest_wait) * random.uniform(0.75, 1.25)  # noqa: S311  # jitter, no secret
        return max(asked or 0.0, backoff)

    def note(self, args: tuple[Any, ...], started: float, outcome: str) -> None:
        """Write this execution to the log and, where it belongs to a run, to the ledger."""
        seconds, where = time.monotonic() - started, context(self, args)
        log.info(outcome if outcome in ("ok", "retry") else "failed", seconds=round(seconds, 3), outcome=outcome)
        if "run" in where:
            host = str(self.request.hostname or "").rpartition("@")[2]
            record = StepRecord(self.name, host, seconds, outcome, where.get("segment"), datetime.now(UTC), self.rank)
            self.app.tools.ledger.record(where["run"], record)


def context(task: Task, args: tuple[Any, ...]) -> dict[str, Any]:
    """Whom a call is about: `step`, and `run` and `segment` where it has them."""
    where: dict[str, Any] = {"step": task.name}
    if args and isinstance(args[-1], str) and task.name.startswith(("backup.", "restore.", "verify.")):
        where["run"] = args[-1]
    if args and isinstance(args[0], dict) and "number" in args[0]:
        where["segment"] = args[0]["number"]
    return where
