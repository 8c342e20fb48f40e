"""Whether Redis still holds a message of a run: in a queue, or delivered and not yet acknowledged.

What a worker executes, prefetched or will retry is not acknowledged (`task_acks_late`), so that no message means no task.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from redis import Redis

from workers.settings import Settings
from workers.topology import nodes, shelf

PREFIX = "canvasback:"
PAGE = 500  # messages read at once


def holds(redis: "Redis", settings: Settings, run: str) -> bool:
    """Whether any message names the run. `redis` MUST decode responses."""
    queues = dict.fromkeys(queue for node in nodes(settings) for queue in node.reads)
    shelves = dict.fromkeys(shelf(node.queue)["unacked_key"] for node in nodes(settings))
    # The queues twice: a message that was put back in between would be seen in neither.
    looks = (*(_queued(redis, queue) for queue in queues), *(_delivered(redis, key) for key in shelves))
    again = (_queued(redis, queue) for queue in queues)
    return any(_names(message, run) for look in (*looks, *again) for message in look)


def _queued(redis: Any, queue: str) -> Iterator[Any]:
    start = 0
    while page := redis.lrange(f"{PREFIX}{queue}", start, start + PAGE - 1):
        yield from (json.loads(text) for text in page)
        start += PAGE


def _delivered(redis: Any, key: str) -> Iterator[Any]:
    return (json.loads(text)[0] for _, text in redis.hscan_iter(f"{PREFIX}{key}"))


def _names(message: Any, run: str) -> bool:
    """A run's id is an argument of its steps, and stands in the chain and the chord that follow."""
    return f'"{run}"'.encode() in base64.b64decode(message["body"])
