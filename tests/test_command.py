"""Children: they die with their parent, a missing program is named, and what they say is kept."""

import ctypes
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers import command
from workers.command import BEST_EFFORT, IDLE, Manners
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


def test_a_child_takes_on_its_manners_and_its_parent_keeps_its_own():
    before = os.getpriority(os.PRIO_PROCESS, 0)
    child = command.start(["sleep", "60"], manners=Manners(before + 3, (BEST_EFFORT, 6)))
    try:
        assert niceness(child.pid) == before + 3
        assert io_priority(child.pid) == (BEST_EFFORT, 6)
        assert os.getpriority(os.PRIO_PROCESS, 0) == before
    finally:
        child.kill()
        child.communicate()


def test_a_child_that_is_nicer_already_stays_so():
    child = command.start(["nice", "-n", "0", "sleep", "60"], manners=Manners(0, (IDLE, 0)))
    try:
        assert niceness(child.pid) == os.getpriority(os.PRIO_PROCESS, 0)
        assert io_priority(child.pid)[0] == IDLE
    finally:
        child.kill()
        child.communicate()


def niceness(pid: int) -> int:
    """As the kernel tells it: the 19th field, counted behind the name, which may hold blanks."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])


def io_priority(pid: int) -> tuple[int, int]:
    """Class and level, ioprio_get(2)."""
    number = {"x86_64": 252, "aarch64": 31}[platform.machine()]
    found = ctypes.CDLL(None).syscall(number, 1, pid)
    return found >> 13, found & 0x1FFF
