"""A run that was lost in a way that nobody is told of ends all the same, and one that goes on is left alone."""

import json
import time

import pytest
from redis import Redis

from workers.topology import CONTROL

pytestmark = pytest.mark.timeout(120)


def redis(ground):
    """Redis as a saboteur sees it."""
    return Redis.from_url(ground.here.redis.url, decode_responses=True)


def look(ground, grace=0.0):
    """What beat sends every minute."""
    ground.client.send_task("housekeeping.reap", (grace,), queue=CONTROL)


def queued(ground):
    return redis(ground).llen("canvasback:db1.segments")


def lose_its_segments(ground):
    """A run whose dump is done and whose segments are gone from Redis, as after a restore of an old append-only file."""
    ground.here.cluster.kill("segments@db1")
    run = ground.backup()
    ground.until(run, "backup.dump.count")
    assert queued(ground)
    redis(ground).delete("canvasback:db1.segments")
    return run


def test_a_run_whose_messages_are_gone_is_ended_once_and_its_lock_and_spool_are_freed(ground):
    run = lose_its_segments(ground)
    look(ground)
    entry = ground.ended(run)
    assert entry.reason.step == "backup.dump"
    assert "nobody works on this run any more" in entry.reason.reason
    ground.here.cluster.start("segments@db1")
    ground.one_failure(run, "backup.dump", "nobody works on this run any more")


def test_a_run_that_goes_on_is_left_alone_however_often_control_looks(ground):
    ground.tools.slow_dump(6)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    for _ in range(8):
        look(ground)
        time.sleep(0.5)
    assert ground.ended(run).state == "done"


def test_a_dump_that_hangs_is_stopped_at_the_deadline_of_its_plan(ground):
    ground.tools.slow_dump(100)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    set_deadline(ground, run, "2026-11-01T00:00:00Z")
    look(ground, 90.0)
    ground.one_failure(run, "deadline", "the run took longer than plans.database.deadline")


def set_deadline(ground, run, moment):
    key = f"canvasback:ledger:run:{run}"
    record = json.loads(redis(ground).hget(key, "run"))
    redis(ground).hset(key, "run", json.dumps(record | {"deadline": moment}))


def test_an_alert_whose_message_is_gone_is_sent_after_all(ground):
    ground.tools.slow_dump(2)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    ground.here.cluster.kill("control@control")
    while ground.entry(run).state == "open":
        time.sleep(0.1)
    redis(ground).delete(f"canvasback:{CONTROL}")
    redis(ground).hset(f"canvasback:ledger:run:{run}", "closed", "2026-11-01T00:00:00+00:00")
    ground.here.cluster.start("control@control")
    look(ground)
    ground.heard(run)
