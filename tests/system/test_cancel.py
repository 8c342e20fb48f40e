"""A run that is cancelled ends within seconds wherever it stands: told once, nothing sealed, nothing left, the next one whole."""

import os
import subprocess
import sys
import time

import pytest

from tests.system.gates import gates
from workers.artifact import new_run_id
from workers.topology import CONTROL

pytestmark = pytest.mark.timeout(120)


def cancel(ground, run):
    ground.client.send_task("housekeeping.cancel", (run, "the saboteur"), queue=CONTROL)


def cancelled(ground, run):
    """The oracle of a cancelled run."""
    started = time.monotonic()
    entry = ground.ended(run, 30)
    assert time.monotonic() - started < 20
    assert (entry.state, entry.reason.reason) == ("cancelled", "cancelled by the saboteur")
    ground.heard(run)
    (text,) = ground.told(run)
    assert text.startswith("⏹️")
    assert entry.run.work == "restore" or entry.run.backup not in ground.sealed()
    ground.nothing_left()


def test_a_dump_that_waits_for_its_server_is_cancelled(ground):
    ground.tools.slow_dump(100)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    cancel(ground, run)
    cancelled(ground, run)


def test_a_segment_that_stands_still_in_mid_work_is_cancelled(ground):
    run = new_run_id()
    with gates(ground.spool, run, ground.processes, "000002.data.stored") as (gate,):
        ground.backup(run)
        gate.held()
        cancel(ground, run)
        cancelled(ground, run)


def test_a_run_whose_segments_wait_for_a_worker_is_cancelled_when_it_comes_back(ground):
    ground.here.cluster.kill("segments@db1")
    run = ground.backup()
    ground.until(run, "backup.dump.count")
    cancel(ground, run)
    ground.here.cluster.start("segments@db1")
    cancelled(ground, run)


def test_a_run_that_has_not_begun_is_cancelled(ground):
    ground.here.cluster.kill("source@db1")
    run = ground.backup()
    while not ground.entry(run):
        time.sleep(0.05)
    cancel(ground, run)
    ground.here.cluster.start("source@db1")
    cancelled(ground, run)
    assert not ground.entry(run).counter("dumped.segments")


def test_an_operator_cancels_at_the_shell(ground):
    ground.tools.slow_dump(100)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    environment = os.environ | {"CANVASBACK_CONFIG": str(ground.here.settings)}
    shell = [sys.executable, "-m", "tasks.shell", "-c"]

    def line(text):
        return subprocess.run([*shell, text], env=environment, capture_output=True, text=True, check=False)

    assert f'cancel("{run}")' in line("cancel()").stdout
    assert "its steps stop within seconds, nothing is sealed" in line(f'cancel("{run}")').stdout
    entry = ground.ended(run, 30)
    assert entry.state == "cancelled"
    assert "cancelled by" in entry.reason.reason
    again = line(f'cancel("{run}")')
    assert (again.returncode, f"run {run} is cancelled already" in again.stdout) == (2, True)
    ground.nothing_left()
