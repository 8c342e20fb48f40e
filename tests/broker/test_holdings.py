"""A message of a run is found wherever Redis keeps it, and no other run's is taken for it."""

import time

import pytest
from kombu.utils.json import dumps, loads

from workers.artifact import Run, new_run_id
from workers.broker.holdings import holds


@pytest.fixture
def run(orders):
    """A run whose canvas lies in the queue of its dump."""
    orders.app.tools.redis.flushall()
    run = Run(new_run_id(), "backup", "community", "db1", "20261122T000000Z-full-9f3a11c2")
    orders.backup.canvas(run).apply_async()
    return run


def found(orders, run):
    return holds(orders.app.tools.redis, orders.settings, run)


def test_a_message_in_a_queue_is_found_by_its_run_alone(orders, run):
    assert found(orders, run.id)
    assert not found(orders, new_run_id())
    assert not found(orders, run.id[:7])


@pytest.mark.parametrize("shelf", ["unacked:db1.source", "unacked:db1.restore", "unacked:control"])
def test_a_message_that_was_delivered_and_not_acknowledged_is_found(orders, run, shelf):
    redis = orders.app.tools.redis
    message = loads(redis.rpop("canvasback:db1.source"))
    assert not found(orders, run.id)
    redis.hset(f"canvasback:{shelf}", "a-tag", dumps([message, "canvasback", "db1.source"]))
    assert found(orders, run.id)


def test_a_message_deep_in_a_long_queue_is_found_in_good_time(orders, run):
    redis = orders.app.tools.redis
    redis.delete("canvasback:db1.source")
    for _ in range(3):
        orders.backup.canvas(Run(new_run_id(), "backup", "community", "db1", "20261122T000000Z-full-9f3a11c2")).apply_async()
    others = redis.lrange("canvasback:db1.source", 0, -1)
    orders.backup.canvas(run).apply_async()
    redis.rpush("canvasback:db1.source", *others * 300)
    started = time.monotonic()
    assert found(orders, run.id)
    assert time.monotonic() - started < 5
