"""A segment that kills its process, or its whole worker, every time comes to an end after its tries."""

import os
import signal

import pytest

from tests.system.gates import gates
from workers.artifact import new_run_id
from workers.step import Step

pytestmark = pytest.mark.timeout(150)
SEGMENT = "000002.data.stored"


def test_a_segment_that_kills_its_process_every_time_fails_the_run_after_three_more_tries(ground):
    run = new_run_id()
    for times in range(Step.max_retries + 1):
        with gates(ground.spool, run, ground.processes, SEGMENT) as (gate,):
            if not times:
                ground.backup(run)
            os.kill(gate.held(), signal.SIGKILL)
    ground.one_failure(run, "backup.compress", "signal 9")


def test_a_segment_that_kills_its_whole_worker_every_time_fails_the_run_after_three_more_tries(ground):
    run = new_run_id()
    for times in range(Step.max_retries + 1):
        with gates(ground.spool, run, ground.processes, SEGMENT) as (gate,):
            ground.here.cluster.start("segments@db1") if times else ground.backup(run)
            gate.held()
            ground.here.cluster.kill("segments@db1")
    ground.here.cluster.start("segments@db1")
    step = ground.ended(run).reason.step  # its neighbour was lost with it as often, and may say so first
    assert step in ("backup.compress", "backup.checksum")
    ground.one_failure(run, step, "lost with its worker 4 times")
