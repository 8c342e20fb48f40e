"""What a worker's main process does about a task whose process was lost.

Celery 5.7.0 stores a task's result and then tells its chord. Killed in between, the task is taken for finished ("succeeded before the
worker was lost") and its message is acknowledged, so its chord waits for ever. `tests/broker/test_request.py` says when this can go.
"""

from typing import Any

from celery import states
from celery.worker.request import Request as Stock


class Request(Stock):  # type: ignore[misc]  # Celery ships no types
    """A request whose chord hears of a result that lies stored; the backend counts a part once, however often it is told."""

    def _success_was_stored(self) -> Any:
        meta = super()._success_was_stored()
        if meta and self._context.chord:
            self.task.backend.on_chord_part_return(self._context, states.SUCCESS, meta["result"])
        return meta
