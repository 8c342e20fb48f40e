"""What restic removes, one store after the other, and what a kill in the middle leaves."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sources.engine.forgetting import Forgetting, held, snapshot, two
from tests.sources.restic.test_locks import locks, reaped, reaper  # noqa: F401  # a fixture
from tests.waiting import until
from workers.errors import Permanent

KILLED = """
import sys
from pydantic import SecretStr
from workers.ports import Address
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.source import ResticSource
path, tools, state, place, word, gone, newest = sys.argv[1:]
options = ResticOptions(path=path, tools=tools, state=state)
ResticSource(options, SecretStr(word), addresses=(Address("nas", "local", place),)).forget(frozenset({gone}), newest)
"""


@pytest.mark.usefixtures("reaper")
class TestForgetting(Forgetting):
    """Against the real program."""

    @contextmanager
    def stranger(self, made):
        """A backup of a person's own, which waits for what it is to read."""
        (made.root / "word").write_text(made.word)
        argv = [made.options.tools / "restic", "-r", made.repository(), "-p", made.root / "word", "--no-cache", "backup", "--stdin"]
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            until(lambda: locks(made))
            before = locks(made)
            yield f"process {child.pid} of"
            assert locks(made) == before
        finally:
            child.terminate()
            child.communicate()

    def killed(self, made, old, newest):
        """While it prunes: a restic that may write 2 KiB a second needs half a minute for that. Its lock is left."""
        slow = made.root / "slow"
        slow.mkdir()
        (slow / "restic").write_text(f'#!/bin/sh\nexec {made.options.tools}/restic --limit-upload 2 "$@"\n')
        (slow / "restic").chmod(0o755)
        words = (made.path, slow, made.options.state, made.repository(), made.word, snapshot(old), snapshot(newest))
        child = subprocess.Popen([sys.executable, "-c", KILLED, *map(str, words)], cwd=Path.cwd())
        until(lambda: pruning(made.options.state) and locks(made))
        restic = pruning(made.options.state)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        until(lambda: reaped(restic))
        assert len(locks(made)) == 1


def pruning(state):
    """The process of ours that prunes; 0 where there is none."""
    pids = [mark.name.split(".")[0] for mark in state.iterdir()]
    return next((int(pid) for pid in pids if Path(f"/proc/{pid}").exists() and b"prune" in Path(f"/proc/{pid}/cmdline").read_bytes()), 0)


def test_a_repository_that_is_not_sound_keeps_the_next_one_as_it_is(made):
    old, newest = two(made)
    for pack in made.packs():
        pack.unlink()
    with pytest.raises(Permanent, match=r"^store nas: "):
        made.source.forget(frozenset({snapshot(old)}), snapshot(newest))
    assert held(made, 1) >= {snapshot(old), snapshot(newest)}
