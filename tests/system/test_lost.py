"""Processes that are killed in mid run: what can go on goes on and is sealed once, what cannot fails once, and nothing hangs."""

import os
import signal
import time
from datetime import UTC, datetime

import pytest
from redis import Redis

from tests.system.gates import gates
from workers.artifact import Kind, Run, new_backup_id, new_run_id

pytestmark = pytest.mark.timeout(150)
FIRST, SECOND = "000002.data.stored", "000003.data.stored"  # the first segment is the schema


def slow(ground, seconds):
    """A backup whose dump pauses after its first segment."""
    ground.tools.slow_dump(seconds)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    return run


def count_one_more(ground):
    """What a dump leaves behind that is killed between counting a segment and sending it: a barrier that waits for ever."""
    redis = Redis.from_url(ground.here.redis.url)
    for counter in redis.scan_iter("*.t"):
        redis.incr(counter)


def sealed(ground, run):
    entry = ground.ended(run, 100)
    assert entry.state == "done", entry
    assert entry.run.backup in ground.sealed()
    return entry


@pytest.mark.parametrize("counted", [False, True])
def test_a_dump_whose_worker_process_is_killed_is_never_started_again(ground, counted):
    run = slow(ground, 20)
    if counted:
        count_one_more(ground)
    os.kill(ground.processes.dumping(), signal.SIGKILL)
    ground.one_failure(run, "backup.dump", "signal 9")
    assert [step.step for step in ground.bench.ledger.steps(run)].count("backup.dump") <= 1


@pytest.mark.parametrize("counted", [False, True])
def test_a_source_worker_that_is_lost_fails_the_run_once(ground, counted):
    run = slow(ground, 20)
    if counted:
        count_one_more(ground)
    ground.here.cluster.kill("source@db1")
    ground.here.cluster.start("source@db1")
    ground.one_failure(run, "backup.dump", "the dump was lost with its worker process")


def test_a_compress_whose_process_is_killed_in_mid_work_is_done_again_and_sealed_once(ground):
    run = new_run_id()
    with gates(ground.spool, run, ground.processes, FIRST) as (gate,):
        ground.backup(run)
        os.kill(gate.held(), signal.SIGKILL)
        sealed(ground, run)


def test_a_segments_worker_that_is_lost_in_mid_work_comes_back_and_seals_once(ground):
    run = new_run_id()
    with gates(ground.spool, run, ground.processes, FIRST) as (gate,):
        ground.backup(run)
        gate.held()
        ground.here.cluster.kill("segments@db1")
        ground.here.cluster.start("segments@db1")
        sealed(ground, run)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two segments at once want two cores")
def test_two_segments_that_fail_at_the_same_moment_give_one_alert(ground):
    run = new_run_id()
    with gates(ground.spool, run, ground.processes, FIRST, SECOND) as (first, second):
        ground.backup(run)
        for gate in (first, second):
            gate.held()
        for gate in (first, second):
            gate.break_()
        ground.one_failure(run, "backup.compress", "Broken pipe")
    first_hand = [step for step in ground.bench.ledger.steps(run) if step.outcome.startswith("cannot transform")]
    assert len(first_hand) == 2


def test_a_control_that_is_lost_loses_no_backup_and_tells_when_it_is_back(ground):
    run = slow(ground, 2)
    ground.here.cluster.kill("control@control")
    end = time.monotonic() + 30
    while ground.entry(run).state == "open" and time.monotonic() < end:
        time.sleep(0.1)
    assert (ground.entry(run).state, ground.entry(run).alert) == ("done", "")
    ground.here.cluster.start("control@control")
    ground.heard(run)


def test_a_start_that_was_lost_after_it_took_the_lock_ends_the_run(ground):
    lost = Run(new_run_id(), "backup", "community", "db1", new_backup_id(Kind.FULL, datetime.now(UTC)))
    ground.bench.ledger.open(lost, "data:community")  # as a worker process does that is killed before it sends the canvas
    ground.backup(lost.id)
    entry = ground.ended(lost.id)
    assert entry.state == "refused"
    assert "lost with its worker process" in entry.reason.reason


def test_a_broker_that_is_killed_and_comes_back_loses_nothing(ground):
    run = slow(ground, 8)
    ground.here.redis.kill()
    time.sleep(4)
    ground.here.redis.start()
    sealed(ground, run)
    assert [step.outcome for step in ground.bench.ledger.steps(run) if step.step == "backup.seal"] == ["ok"]
