"""A Redis that dies, stands still or cuts every connection in mid run: sealed once, told once, nothing left."""

import os
import signal
import time

import pytest
from redis import Redis

from tests.system.gates import gates
from workers.artifact import new_run_id

pytestmark = pytest.mark.timeout(150)


def away(ground):
    """Killed, and away for four seconds."""
    ground.here.redis.kill()
    time.sleep(4)
    ground.here.redis.start()


def still(ground):
    """Standing still for twenty seconds."""
    os.kill(ground.here.redis.pid, signal.SIGSTOP)
    time.sleep(20)
    os.kill(ground.here.redis.pid, signal.SIGCONT)


def cut(ground):
    """Every connection cut, three times."""
    client = Redis.from_url(ground.here.redis.url)
    for _ in range(3):
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub", skipme=True)
        time.sleep(0.5)


def sealed_once(ground, run):
    entry = ground.ended(run, 100)
    assert entry.state == "done", entry
    assert entry.run.backup in ground.sealed()
    assert [step.outcome for step in ground.bench.ledger.steps(run) if step.step == "backup.seal"] == ["ok"]
    assert [step.outcome for step in ground.bench.ledger.steps(run) if step.step == "backup.dump"] == ["ok"]
    ground.heard(run)
    ground.nothing_left()


@pytest.mark.parametrize("fault", [away, still, cut])
def test_a_backup_goes_on_when_it_happens_in_mid_dump(ground, fault):
    ground.tools.slow_dump(6)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    fault(ground)
    sealed_once(ground, run)


@pytest.mark.parametrize("fault", [away, still, cut])
def test_a_backup_goes_on_when_it_happens_in_mid_segment(ground, fault):
    run = new_run_id()
    with gates(ground.spool, run, ground.processes, "000002.data.stored") as (gate,):
        ground.backup(run)
        held = gate.held()
        fault(ground)
        os.kill(held, signal.SIGKILL)  # it stood at the gate; done again, it finds none
        sealed_once(ground, run)


def test_a_burst_of_kills_of_the_broker_while_segments_fly_loses_none(ground):
    for _ in range(3):
        run = ground.backup()
        ground.until(run, "dumped.segments")
        ground.here.redis.kill()
        ground.here.redis.start()
        sealed_once(ground, run)
