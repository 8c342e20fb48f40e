"""CPU seconds of a tree of processes: of those that live and of those that ended, and of nobody else."""

import subprocess
import sys
import time

from tests.bench import cpu

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])\n"
WAIT = "print('.', flush=True); input()"


def spent(script):
    """What a process counts as after it has run a script and still lives."""
    argv = [sys.executable, "-c", script + WAIT]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.read(1)
        found = cpu.seconds(process.pid)
        process.communicate("\n")
    return found


def test_what_a_process_burns_is_counted():
    assert spent(BURN.format(seconds=0.5)) >= 0.45


def test_what_a_child_burned_that_has_ended_is_counted():
    assert spent(CHILD.format(burn=BURN.format(seconds=0.5))) >= 0.45


def test_what_others_burn_is_not_counted():
    with subprocess.Popen([sys.executable, "-c", BURN.format(seconds=0.6)]):
        assert spent("import time; time.sleep(0.6)\n") < 0.45


def test_a_child_whose_number_is_smaller_than_its_parents_belongs_to_it():
    known = {900: cpu.Process(1, 0), 30: cpu.Process(900, 0), 20: cpu.Process(30, 0), 40: cpu.Process(1, 0)}
    assert [pid for pid in known if cpu._below(known, pid, {900})] == [900, 30, 20]


def test_a_process_that_is_named_twice_or_not_there_is_counted_once_or_not():
    with subprocess.Popen(
        [sys.executable, "-c", BURN.format(seconds=0.3) + WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.read(1)
        once = cpu.seconds(process.pid, None)
        assert abs(cpu.seconds(process.pid, process.pid) - once) < 0.1
        process.communicate(b"\n")


def test_the_machine_works_at_least_as_much_as_one_process_of_it():
    before, began = cpu.machine(), time.process_time()
    while time.process_time() - began < 0.3:
        pass
    assert cpu.machine() - before >= 0.25
