"""A step whose run is over ends wherever it stands, and cleans up behind itself."""

import os
import signal
import subprocess
import threading
import time

import pytest

from workers.command import die_with_parent
from workers.errors import RunFailed
from workers.leash import Interrupted, leashed

QUICK = 0.05


def fine():
    """A look that has nothing against it."""


def over():
    raise RunFailed("run 1a2b3c4d is over: cancelled by root")


def test_the_result_of_a_step_that_may_go_on_is_its_own():
    assert leashed(fine, lambda: 7, QUICK) == 7


def test_a_step_is_looked_after_as_long_as_it_runs_and_not_longer():
    looks = []
    leashed(lambda: looks.append(1), lambda: time.sleep(0.5), QUICK)
    while_it_ran = len(looks)
    time.sleep(0.2)
    assert while_it_ran >= 4
    assert len(looks) <= while_it_ran + 1  # one may have been under way


@pytest.mark.parametrize("block", ["sleep", "pipe", "child", "lock"])
def test_a_step_that_waits_ends_with_the_reason_of_its_run(block):
    reader, _ = os.pipe()
    wait = {
        "sleep": lambda: time.sleep(30),
        "pipe": lambda: os.read(reader, 1),
        "child": lambda: subprocess.run(["sleep", "30"], check=True, preexec_fn=die_with_parent),
        "lock": lambda: threading.Event().wait(30),
    }
    started = time.monotonic()
    with pytest.raises(RunFailed, match="cancelled by root"):
        leashed(over, wait[block], QUICK)
    assert time.monotonic() - started < 10


def test_what_was_opened_on_the_way_is_closed_and_not_interrupted_again():
    done = []

    def work():
        try:
            time.sleep(30)
        finally:
            time.sleep(0.5)  # ten looks long
            done.append("closed")

    with pytest.raises(RunFailed):
        leashed(over, work, QUICK)
    assert done == ["closed"]


def test_who_handles_failures_on_the_way_does_not_take_it_for_one():
    def work():
        try:
            time.sleep(30)
        except Exception:  # noqa: BLE001  # as broad as can be
            return "went on"

    with pytest.raises(RunFailed):
        leashed(over, work, QUICK)


def test_a_look_that_fails_by_itself_ends_nothing():
    looks = []

    def away():
        looks.append(1)
        raise ConnectionError("Redis is away")

    assert leashed(away, lambda: time.sleep(0.3) or 7, QUICK) == 7
    assert len(looks) > 1


def test_a_step_that_ended_just_now_is_not_interrupted_any_more():
    for _ in range(100):
        try:
            leashed(over, lambda: time.sleep(QUICK / 5), QUICK / 5)
        except RunFailed:
            continue
        except Interrupted:
            pytest.fail("interrupted after its end")
    os.kill(os.getpid(), signal.SIGUSR2)  # one that comes too late


def test_in_a_thread_the_step_runs_without_a_leash():
    found = []
    thread = threading.Thread(target=lambda: found.append(leashed(over, lambda: time.sleep(0.2) or 7, QUICK)))
    thread.start()
    thread.join()
    assert found == [7]
