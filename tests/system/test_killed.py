"""kill -9 at every step, of its process and of its whole worker: sealed once or one alert, nothing left, the next run whole."""

import os
import signal
from contextlib import suppress

import pytest

from tests.system.events import when_begun
from tests.system.processes import parent
from tests.system.test_restore import order, restore

pytestmark = pytest.mark.timeout(150)
BACKUP = ("dump", "checksum", "compress", "upload", "verify", "seal")
RESTORE = ("prepare", "fetch", "verify", "decompress", "load", "finish")
ONCE = {"backup.dump", "restore.prepare"}  # what is never started a second time


def worker_of(step):
    """The node that runs a step."""
    if step.startswith("restore."):
        return "restore@db1"
    return "source@db1" if step == "backup.dump" else "segments@db1"


def kill_processes(ground, _step):
    """The processes of a worker that execute tasks; it starts new ones itself."""

    def act(worker):
        for pid in ground.processes.pids():
            if parent(pid) == worker:
                with suppress(ProcessLookupError):  # it ended by itself this moment
                    os.kill(pid, signal.SIGKILL)

    return act


def kill_worker(ground, step):
    """All of a worker; `revive` starts it again, from the thread that stays: a child dies with the thread that made it."""
    return lambda _: ground.here.cluster.kill(worker_of(step))


def revive(ground):
    for name in set(ground.here.cluster.commands()) - set(ground.here.cluster.children):
        ground.here.cluster.start(name)


def judged(ground, run):
    """What can go on goes on; what is never started twice, and may share its worker with the step, fails the run once."""
    entry = ground.ended(run, 100)
    assert entry.state == "done" or (entry.state == "failed" and entry.reason.step in ONCE), entry
    assert len([text for text in ground.told(run) if text.startswith("❌")]) == (entry.state == "failed")
    assert (entry.run.backup in ground.sealed()) or entry.state == "failed"
    ground.nothing_left()


@pytest.mark.parametrize("kill", [kill_processes, kill_worker])
@pytest.mark.parametrize("name", BACKUP)
def test_a_backup_survives_a_kill_at_every_step_or_fails_once(ground, name, kill):
    step = f"backup.{name}"
    with when_begun(ground.client, step, kill(ground, step)):
        run = ground.backup()
    revive(ground)
    judged(ground, run)


@pytest.mark.parametrize("kill", [kill_processes, kill_worker])
@pytest.mark.parametrize("name", RESTORE)
def test_a_restore_survives_a_kill_at_every_step_or_fails_once(ground, name, kill):
    step, into = f"restore.{name}", f"after_{name}_{kill.__name__}"
    wanted = order(ground, ground.sound(), into)
    with when_begun(ground.client, step, kill(ground, step)):
        run = restore(ground, wanted)
    revive(ground)
    judged(ground, run)
    ground.here.database.run(f"DROP DATABASE IF EXISTS {into}")
