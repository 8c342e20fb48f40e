"""Children: they die with their parent, a missing program is named, and what they say is kept."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers import command
from workers.errors import Permanent

PARENT = """
import sys, time
from workers import command
child = command.start(["sleep", "600"])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_dies_with_its_parent_even_when_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{child}").exists()


def test_a_missing_program_is_named():
    with pytest.raises(Permanent, match="cannot run /no/such/program"):
        command.start(["/no/such/program"])


def test_status_output_and_words_are_all_kept():
    done = command.run(["sh", "-c", "cat; echo words >&2; exit 3"], input=b"given")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"given", b"words\n")


def test_the_environment_is_added_to_and_not_replaced():
    done = command.run(["sh", "-c", "echo $MORE $HOME"], env={"MORE": "yes"})
    assert done.stdout.decode().split() == ["yes", os.environ["HOME"]]
