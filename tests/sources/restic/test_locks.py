"""Locks: one that a dead process of ours left is removed, anybody else's never."""

import ctypes
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.sources.engine.hands import take
from tests.waiting import until
from workers.artifact import Kind
from workers.errors import Failure, Transient
from workers.ports import Share
from workers.sources.restic.locks import Lock, judge

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)

KILLED = """
import os, sys
from pathlib import Path
from pydantic import SecretStr
from workers.artifact import Kind
from workers.ports import Address
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.source import ResticSource
path, tools, state, place, word = sys.argv[1:]
options = ResticOptions(path=path, tools=tools, state=state)
with ResticSource(options, SecretStr(word), addresses=(Address("nas", "local", place),)).dump(Kind.FULL) as dump:
    list(dump.parts())
"""


def locks(made, number=0):
    return sorted(path for path in (made.repository(number) / "locks").iterdir() if "-tmp-" not in path.name)


@pytest.fixture
def slow(made):
    """A restic that takes a while: it may write 20 KiB a second."""
    folder = made.root / "slow"
    folder.mkdir()
    (folder / "restic").write_text(f'#!/bin/sh\nexec {made.options.tools}/restic --limit-upload 20 "$@"\n')
    (folder / "restic").chmod(0o755)
    (made.path / "big.bin").write_bytes(os.urandom(3_000_000))
    return made.with_(tools=folder)


def begun(slow):
    """A worker in the middle of a backup, restic's lock in place."""
    argv = [sys.executable, "-c", KILLED, *(str(part) for part in (slow.path, slow.options.tools, slow.options.state))]
    child = subprocess.Popen([*argv, str(slow.repository()), slow.word], cwd=Path.cwd())
    until(lambda: locks(slow))
    return child


@pytest.fixture
def reaper():
    """Orphans come to this process, which reaps them as a host's init does: restic takes a zombie for one that lives."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    prctl(_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def lazy(reaper):
    """Orphans come to this process, which does not wait for them, as in a container whose first process is no init."""
    yield
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def reaped(pid):
    """Whether nobody lives under that number any more."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.usefixtures("reaper")
@pytest.mark.parametrize("victim", ["worker", "restic"])
def test_after_a_kill_in_mid_backup_the_next_is_whole_and_the_stale_lock_is_gone(made, slow, victim):
    child = begun(slow)
    (mark,) = slow.options.state.iterdir()
    restic = int(mark.name.split(".")[0])
    os.kill(child.pid if victim == "worker" else restic, signal.SIGKILL)
    child.wait()
    until(lambda: reaped(restic))
    assert len(locks(made)) == 1
    taken = take(made)
    made.source.audit(taken.segment, "nas", Share(1, 1))  # wants the repository for itself
    assert locks(made) == []
    assert list(made.options.state.iterdir()) == []
    assert len(made.snapshots()) == 1


@pytest.mark.usefixtures("lazy")
def test_a_lock_of_a_dead_process_that_nobody_waits_for_is_removed_too(made, slow):
    child = begun(slow)
    (mark,) = slow.options.state.iterdir()
    restic = Path("/proc", mark.name.split(".")[0], "stat")
    child.kill()
    child.wait()
    until(lambda: ") Z " in restic.read_text())
    taken = take(made)
    made.source.audit(taken.segment, "nas", None)
    assert ") Z " in restic.read_text()
    assert locks(made) == []


def test_a_lock_of_a_stranger_is_named_and_never_removed(made):
    """Made by restic itself, and left by a kill; nobody has a mark of that process."""
    taken = take(made)
    child = subprocess.Popen(
        [made.options.tools / "restic", "-r", made.repository(), "-p", made.root / "word", "--no-cache", "backup", "--stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (made.root / "word").write_text(made.word)
    until(lambda: locks(made))
    before = locks(made)
    child.kill()
    child.communicate()
    with pytest.raises(Transient, match=rf"store nas: .* is locked by process {child.pid} of .*@.* since 2.*; where that is gone for good"):
        made.source.audit(taken.segment, "nas", None)
    assert locks(made) == before


def test_a_lock_of_another_machine_stays_even_where_a_process_of_ours_had_its_number(made):
    """The number is that of a dead process with a mark; the host is not."""
    found = json.loads('{"time": "2099-01-01T00:00:00.123456789+09:00", "exclusive": true, "hostname": "other", "username": "u", "pid": 7}')
    made.options.state.mkdir(mode=0o700)
    (made.options.state / "7.1.boot").touch()
    assert judge(Lock.of("a", found), "this", made.options.state) is None
    assert judge(Lock.of("a", {**found, "hostname": "this"}), "this", made.options.state) == made.options.state / "7.1.boot"


def test_an_interrupted_backup_leaves_no_lock(made, slow):
    def interrupt(_read):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), slow.source.housed(slow.addresses, interrupt).dump(Kind.FULL) as dump:
        list(dump.parts())
    assert locks(made) == []


def test_a_backup_goes_on_beside_a_lock_that_is_shared(made):
    taken = take(made)
    child = subprocess.Popen(
        [made.options.tools / "restic", "-r", made.repository(), "-p", made.root / "word", "--no-cache", "backup", "--stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (made.root / "word").write_text(made.word)
    try:
        until(lambda: locks(made))
        assert take(made).facts.fingerprint == taken.facts.fingerprint
        with pytest.raises(Failure, match=f"process {child.pid}"):
            made.source.audit(taken.segment, "nas", None)
    finally:
        child.kill()
        child.communicate()
