"""What restic removes, one store after the other, and what a kill in the middle leaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources.engine.forgetting import Forgetting, held, size, snapshot, two
from tests.sources.restic.test_locks import locks, reaped, reaper  # noqa: F401  # a fixture
from tests.waiting import until
from workers.errors import Permanent
from workers.ports import Share

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


class TestForgetting(Forgetting):
    """Against the real program."""


def test_a_snapshot_that_was_copied_goes_by_the_id_that_it_had_first(made):
    old, newest = two(made)
    made.source.forget(frozenset({snapshot(old)}), snapshot(newest))
    assert [snapshot(newest) in held(made, number) for number in (0, 1)] == [True, True]
    assert [snapshot(old) in held(made, number) for number in (0, 1)] == [False, False]
    made.source.audit(newest.segment, "disk", Share(1, 1))


def test_a_repository_that_is_not_sound_keeps_the_next_one_as_it_is(made):
    old, newest = two(made)
    for pack in made.packs():
        pack.unlink()
    with pytest.raises(Permanent, match=r"^store nas: "):
        made.source.forget(frozenset({snapshot(old)}), snapshot(newest))
    assert held(made, 1) >= {snapshot(old), snapshot(newest)}


@pytest.fixture
def slow(made):
    """A restic that takes a while to prune: it may write 2 KiB a second."""
    folder = made.root / "slow"
    folder.mkdir()
    (folder / "restic").write_text(f'#!/bin/sh\nexec {made.options.tools}/restic --limit-upload 2 "$@"\n')
    (folder / "restic").chmod(0o755)
    return made.with_(tools=folder)


def pruning(state):
    """The process of ours that prunes."""
    pids = [mark.name.split(".")[0] for mark in state.iterdir()]
    return next((int(pid) for pid in pids if Path(f"/proc/{pid}").exists() and b"prune" in Path(f"/proc/{pid}/cmdline").read_bytes()), 0)


@pytest.mark.usefixtures("reaper")
def test_after_a_kill_while_it_prunes_the_next_try_goes_on_and_the_stale_lock_is_gone(made, slow):
    old, newest = two(made)
    before = size(made.addresses[0].place)
    words = (made.path, slow.options.tools, made.options.state, made.repository(), made.word, snapshot(old), snapshot(newest))
    child = subprocess.Popen([sys.executable, "-c", KILLED, *map(str, words)], cwd=Path.cwd())
    until(lambda: pruning(made.options.state) and locks(made))
    restic = pruning(made.options.state)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    until(lambda: reaped(restic))
    assert len(locks(made)) == 1
    made.source.forget(frozenset({snapshot(old)}), snapshot(newest))
    assert locks(made) == []
    assert held(made) == {snapshot(newest)}
    assert size(made.addresses[0].place) < before
    made.source.audit(newest.segment, "nas", Share(1, 1))
