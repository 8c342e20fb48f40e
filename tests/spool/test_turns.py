"""Turns: one process at a time for one segment, all others beside it, and none is left behind by who dies."""

import os
import signal
import subprocess
import sys
import time

import pytest

from workers.command import die_with_parent
from workers.spool.turns import turn

HOLD = """
import sys, time
from pathlib import Path
from workers.spool.turns import turn
with turn(Path(sys.argv[1]), "r1", 7):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the turn of segment 7."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, preexec_fn=die_with_parent)
    assert child.stdout.readline() == b"held\n"
    yield child
    child.kill()
    child.wait()


def waited(tmp_path, run, number):
    """Whether a turn has to be waited for."""
    began = time.monotonic()
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with turn(tmp_path, run, number):
            return time.monotonic() - began > 0.4
    except TimeoutError:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_the_same_segment_of_the_same_run_has_to_wait_and_no_other(tmp_path, holder):
    assert waited(tmp_path, "r1", 7)
    assert not any(waited(tmp_path, run, number) for run, number in (("r1", 6), ("r1", 8), ("r2", 7)))


def test_the_turn_of_a_killed_process_is_free_at_once(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert not waited(tmp_path, "r1", 7)


def test_a_turn_leaves_one_empty_file_for_all_runs(tmp_path):
    for number in range(100):
        with turn(tmp_path / "spool", f"run{number}", number):
            pass
    assert [(file.name, file.stat().st_size) for file in (tmp_path / "spool").iterdir()] == [(".turns", 0)]
