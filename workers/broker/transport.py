"""A Redis transport that survives a restart of Redis and never runs a task twice because of it.

Two faults of kombu 5.7.0, both measured with a running acks_late task and spare pool slots:
  1. a lost broker *connection* gives back the messages of tasks that are still running: they run twice at once (2 of 2).
     Here only a worker that was told to stop gives messages back; live ones stay invisible by `workers.broker.visibility`,
     dead ones come back after the visibility timeout.
  2. after a reconnect a finished task is acked on its old channel, which has no connection any more: AttributeError
     "'NoneType' object has no attribute 'hostname'", and the worker exits (6 of 6). An ack is ZREM + HDEL by tag and
     valid from any connection, so the remembered parameters are used.
The fault test that kills Redis (`tests/system/test_lost.py`) says when this can go.
"""

import math
import time
from types import SimpleNamespace
from typing import Any

from celery.utils.log import get_logger
from celery.worker import state
from kombu.transport import redis

from workers.broker import reports, taking, visibility
from workers.topology import REPORTS

logger = get_logger(__name__)

PROMPT = 1.0  # seconds within which Redis has to have answered for a time stamp to be worth something


def stopping() -> bool:
    """True in a worker that was told to stop."""
    return any(flag is not None and flag is not False for flag in (state.should_stop, state.should_terminate))


class QoS(taking.QoS):
    """Never gives back what this worker itself holds: after an outage longer than the timeout its first look would do so."""

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Put back what nobody renewed in time. A Redis that stood still meanwhile took the time at which it was asked: renewed again."""
        began = -math.inf
        while time.monotonic() - began > PROMPT:
            began = time.monotonic()
            visibility.renew(self.channel)
        super().restore_visible(*args, **kwargs)  # type: ignore[no-untyped-call]


class Channel(taking.TakingChannel):
    """A channel that takes messages in one step, and keeps what it needs to acknowledge after its connection is gone."""

    QoS = QoS

    def __init__(self, connection: Any, *args: Any, **kwargs: Any) -> None:
        """Remember the connection's parameters."""
        self._home = connection.client
        self._made: Any = None
        super().__init__(connection, *args, **kwargs)  # type: ignore[no-untyped-call]

    @property
    def do_restore(self) -> bool:  # type: ignore[override]  # an attribute there, a question here
        """Whether closing this channel gives unacknowledged messages back."""
        return stopping()

    def _create_client(self, asynchronous: bool = False) -> Any:
        """A client of the pool, made once for each pool. kombu makes one for every message and every ack."""
        if asynchronous:
            return super()._create_client(asynchronous)  # type: ignore[no-untyped-call]
        if self._made is None or self._made.connection_pool is not self.pool:
            self._made = super()._create_client()  # type: ignore[no-untyped-call]
        return self._made

    def _hand_over(self, queue: str, item: str) -> None:
        if queue == REPORTS and (fault := reports.fault(item)):
            logger.error("dropped from %s: %s", queue, fault)
            self.qos._remove_from_indices(self.taken).execute()
        else:
            super()._hand_over(queue, item)

    def _connparams(self, asynchronous: bool = False) -> Any:
        connection = self.connection
        if connection is not None and connection.client is not None:
            return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]
        self.connection = SimpleNamespace(client=self._home, default_port=redis.DEFAULT_PORT)
        try:
            return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]
        finally:
            self.connection = connection


class Transport(redis.Transport):
    """kombu's Redis transport with that channel."""

    Channel = Channel
