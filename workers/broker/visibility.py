"""Two bootsteps that let the visibility timeout be short while dumps run for hours.

Redis knows nothing of its consumers: a delivered message comes back after `visibility_timeout`, whether its worker lives or
not (a 20 s task under 8 s ran three times). `VisibilityHeartbeat` renews what this worker still holds; `ReclaimOwnQueues`
takes back at start what the previous life of the *only* consumer of a pinned queue left behind (4.6 s instead of the timeout).
`control` may have many consumers: it is reclaimed where no other of them answers. `tests/system/test_lost.py` says when this can go.
"""

import time
from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger
from celery.worker import state
from kombu.utils.json import loads

from workers.topology import CONTROL, REPORTS

logger = get_logger(__name__)

ANSWER = 1.0  # seconds a worker has to say which queues it reads


class VisibilityHeartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Renews the time stamp of every message the worker holds (running, prefetched, waiting for its retry), in its main process."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **_: Any) -> None:
        """The timer is set when the consumer starts."""
        self.timer: Any = None

    def start(self, consumer: Any) -> None:
        """Renew at once (after a reconnect it is late already), then five times in each timeout."""
        timeout = consumer.app.conf.broker_transport_options.get("visibility_timeout", 3600)
        self.timer = consumer.timer.call_repeatedly(max(1.0, timeout / 5), self.renew, (consumer,), priority=10)
        self.renew(consumer)

    def stop(self, consumer: Any) -> None:
        """Stop renewing."""
        if self.timer:
            self.timer.cancel()
            self.timer = None

    terminate = stop

    def renew(self, consumer: Any) -> None:
        """Renew what is held; what keeps it from that is told."""
        try:
            renew(consumer.task_consumer.channel)
        except Exception as error:  # noqa: BLE001  # a heartbeat that is skipped is tried again; one that raises would end the worker
            logger.warning("visibility heartbeat skipped: %r", error)


class ReclaimOwnQueues(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Puts back, when the only consumer of a queue starts, what is still marked as delivered from it."""

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, consumer: Any) -> None:
        """Runs after every reconnect, too: what this worker's pool still executes is no orphan."""
        mine = set(consumer.app.amqp.queues.consume_from)
        if CONTROL in mine and not alone(consumer.app):
            mine -= {CONTROL, REPORTS}
        if not mine:
            return
        with consumer.app.connection_for_read() as connection:
            count = reclaim(connection.default_channel, mine, held())
        if count:
            logger.warning("took back %d message(s) of %s from a previous life", count, ", ".join(sorted(mine)))


def alone(app: Any) -> bool:
    """Whether no worker that answers reads control's queue. This one does not answer yet."""
    answers = app.control.inspect(timeout=ANSWER).active_queues() or {}
    return all(queue["name"] != CONTROL for queues in answers.values() for queue in queues)


def renew(channel: Any) -> None:
    """Set the time of every message that this worker holds to now; one that was acknowledged meanwhile is not brought back (XX)."""
    tags = set(channel.qos._delivered) | held()
    if tags:
        with channel.conn_or_acquire() as client:
            client.zadd(channel.unacked_index_key, dict.fromkeys(tags, time.time()), xx=True)


def held() -> set[str]:
    """Delivery tags of the messages whose tasks this worker executes."""
    return {request.message.delivery_tag for request in tuple(state.active_requests) if not request.acknowledged}


def reclaim(channel: Any, queues: set[str], keep: set[str]) -> int:
    """Put every delivered message of `queues` back, except `keep`; returns how many."""
    count = 0
    with channel.conn_or_acquire() as client:
        # kombu's client adds the prefix to HGET and others, but not to HSCAN: without it nothing would ever be found.
        for tag, message in client.hscan_iter(f"{channel.global_keyprefix}{channel.unacked_key}"):
            name = tag.decode() if isinstance(tag, bytes) else tag
            if loads(message)[2] in queues and name not in keep:
                channel.qos.restore_by_tag(name, client)
                count += 1
    return count
