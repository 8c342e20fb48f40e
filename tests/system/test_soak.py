"""200 short runs at once while processes, workers and the broker are killed at random: 200 endings, each told, nothing left."""

import gc
import os
import random
import signal
import time

import pytest

from tests.synthetic.platform import running
from tests.synthetic.source import Options
from tests.system.conftest import client
from tests.system.processes import Processes, parent
from workers.artifact import new_run_id
from workers.bench.tools import Tools
from workers.catalog import index
from workers.settings import load
from workers.topology import CONTROL

RUNS, KILLS, SEED = 200, 12, 20261123
PATIENCE = 240.0


class Saboteur:
    """Kills something at random."""

    def __init__(self, here):
        self.here, self.random, self.done = here, random.Random(SEED), []

    def strike(self):
        act = self.random.choice((self.process, self.process, self.worker, self.broker))
        self.done.append(act.__name__)
        act()

    def process(self):
        mains = {child.pid for child in self.here.cluster.children.values()}
        children = [pid for pid in Processes(self.here.settings).pids() if parent(pid) in mains]
        os.kill(self.random.choice(children), signal.SIGKILL)

    def worker(self):
        name = self.random.choice(sorted(self.here.cluster.children))
        self.here.cluster.kill(name)
        self.here.cluster.start(name)

    def broker(self):
        self.here.redis.kill()
        self.here.redis.start()


@pytest.mark.timeout(PATIENCE + 120)
def test_200_runs_at_once_under_random_kills_have_200_endings(tmp_path):
    targets = {f"t{number:03}": Options(segments=1 + number % 2) for number in range(RUNS)}
    with running(tmp_path, targets) as here:
        settings = load(here.settings)
        tools, sender, saboteur = Tools(settings), client(settings), Saboteur(here)
        runs = {target: new_run_id() for target in targets}
        for target, run in runs.items():
            sender.send_task("start.backup", (target, "full", None, run), queue=CONTROL)
        for _ in range(KILLS):
            time.sleep(saboteur.random.uniform(0.2, 2.0))
            saboteur.strike()
        entries = endings(tools, sender, tuple(runs.values()))
        print({state: sum(entry.state == state for entry in entries) for state in ("done", "failed", "refused")}, saboteur.done)
        judge(here, tools, entries)
        gc.collect()  # a result that is forgotten says so to Redis, which has to be there still


def endings(tools, sender, runs):
    """The entries of all runs once each has ended and was told; control looks more often than beat would have it."""
    end, before = time.monotonic() + PATIENCE, -1
    while True:
        known = {entry.run.id: entry for entry in tools.ledger.runs(RUNS + 10)}
        going = [run for run in runs if run not in known or known[run].alert != "sent"]
        if not going:
            return [known[run] for run in runs]
        assert time.monotonic() < end, [known.get(run, run) for run in going][:3]
        if len(going) == before:  # while runs end by themselves, each look at all of them would only cost CPU
            sender.send_task("housekeeping.reap", (10.0,), queue=CONTROL)
        before = len(going)
        time.sleep(3)


def judge(here, tools, entries):
    sealed = {entry.manifest.id for entry in index.backups((tools.store("nas"),), None).entries}
    for entry in entries:
        assert entry.state in ("done", "failed", "refused"), entry
        assert (entry.run.backup in sealed) == (entry.state == "done"), entry
        assert tools.ledger.holder(f"data:{entry.run.target}") is None
    assert sum(entry.state == "done" for entry in entries) > RUNS / 2
    assert not list((here.root / "spool").glob("*/*"))
    assert len(here.slack.messages()) >= RUNS
