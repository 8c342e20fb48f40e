"""The biggest process of a worker, and none that is not its own."""

import subprocess
import sys

from tests.bench import memory

BIG = "held = b'1' * (60 << 20); print('.', flush=True); input()"
FAMILY = "import subprocess, sys; subprocess.run([sys.executable, '-c', {big!r}, {word!r}])"


def family(word):
    """The peak of a small process whose big child has the word in its command line."""
    argv = [sys.executable, "-c", FAMILY.format(big=BIG, word=word), "celery"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.read(1)
        found = memory.biggest(process.pid)
        process.communicate("\n")
    return found


def test_the_biggest_is_found_among_the_children():
    assert family("celery") > 50 << 20


def test_a_client_program_is_not_the_workers_own():
    assert 1 << 20 < family("mysqldump") < 50 << 20


def test_a_process_that_is_gone_has_none():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert memory.biggest(process.pid) == 0
