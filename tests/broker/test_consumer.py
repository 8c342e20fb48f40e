"""Events of tasks go together; beside it how many messages Celery's own consumer makes of the same, which says when ours can go."""

import threading
import time
from collections import defaultdict
from contextlib import contextmanager

import pytest
from celery import Celery
from redis import Redis

from tests.broker.test_visibility import server, side
from tests.system.events import Receiver

__all__ = ["server", "side"]

TASKS = 40
LIFE = ["task-received", "task-started", "task-succeeded"]

pytestmark = pytest.mark.timeout(60)


@contextmanager
def heard_by(one):
    """The events of tasks by task, as they come, and what sends one."""
    app = Celery("client", broker=one.server.url, set_as_current=False)
    app.conf.broker_transport_options = {"global_keyprefix": one.prefix, "priority_steps": [0]}
    found = defaultdict(list)
    with app.connection_for_read() as connection, app.connection_for_write() as sending:
        receiver = Receiver(
            connection, {kind: lambda event: found[event["uuid"]].append((event["type"], event["timestamp"])) for kind in LIFE}, app=app
        )
        receiver.listens = threading.Event()
        listener = threading.Thread(target=lambda: receiver.capture(limit=None, timeout=30, wakeup=False), daemon=True)
        listener.start()
        assert receiver.listens.wait(10)
        try:
            yield found, lambda mark, seconds: app.send_task("t.sleep", (mark, seconds), connection=sending, queue=one.queue)
        finally:
            receiver.should_stop = True
            listener.join(10)


def published(one):
    """How many messages Redis was given to pass on."""
    return Redis.from_url(one.server.url).info("commandstats").get("cmdstat_publish", {}).get("calls", 0)


def test_every_event_of_every_task_comes_once_and_in_order_and_they_come_together(side):
    counts = {}
    for stock in (False, True):
        one = side(stock=stock)
        one.start(concurrency=1)
        with heard_by(one) as (found, send):
            before = published(one)
            for number in range(TASKS):
                send(str(number), 0)
            one.until(lambda found=found: sum(len(events) for events in found.values()) >= TASKS * len(LIFE))
            counts[stock] = published(one) - before
        assert [[kind for kind, _ in sorted(events, key=lambda event: event[1])] for events in found.values()] == [LIFE] * TASKS
        assert all(events == sorted(events, key=lambda event: event[1]) for events in found.values())
    assert counts[False] * 2 < counts[True]


def test_a_worker_that_is_told_to_stop_in_the_middle_of_a_task_says_no_less(side):
    said = {}
    for stock in (False, True):
        one = side(stock=stock)
        worker = one.start(concurrency=1)
        with heard_by(one) as (found, send):
            send("last", 2)
            one.until(lambda one=one: one.said("began", "last"))
            worker.terminate()
            assert worker.wait(30) == 0
            time.sleep(1)
        said[stock] = [kind for events in found.values() for kind, _ in events]
    assert said[False] == said[True], said
