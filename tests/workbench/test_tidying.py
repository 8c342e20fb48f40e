"""What lost processes left is cleared; what belongs to a run that goes on, or to a process that lives, stays."""

import os
import subprocess
import time

import pytest

from tests.catalog.samples import FULL
from workers import sources
from workers.artifact import Run, new_run_id
from workers.bench import tidying
from workers.errors import Transient
from workers.sources.mysql.scratch.home import home
from workers.stores.local import MARKER


@pytest.fixture
def tools(orders, monkeypatch, tmp_path):
    orders.app.tools.redis.flushdb()
    monkeypatch.setattr(tidying.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return orders.app.tools


def a_run_in_the_spool(tools, state=None):
    run = Run(new_run_id(), "backup", "community", "db1", FULL.id)
    if state:
        tools.ledger.open(run)
        tools.ledger.close(run.id, state) if state != "open" else None
    tools.room.reserve(run.id, 1, 1000)
    return run.id


def test_the_spool_of_runs_that_are_over_or_unknown_is_cleared_and_that_of_an_open_one_stays(tools):
    going = a_run_in_the_spool(tools, "open")
    for state in ("done", "failed", "cancelled", None):
        a_run_in_the_spool(tools, state)
    assert tidying.tidy(tools).startswith("cleared the spool of 4 runs")
    assert tools.room.runs() == (going,)


def test_a_host_without_a_spool_has_nothing_to_clear(tools):
    assert tidying.tidy(tools) == (
        "cleared the spool of 0 runs, 0 private folders of processes that are gone, 0 half objects, 0 folders of lost copies"
        " and 0 folders of scratch servers"
    )


def test_half_objects_are_removed_from_every_store_that_is_there(tools, tmp_path):
    (name, options), *_ = ((name, row.options) for name, row in tools.settings.stores.items())
    folder = options.path / "community"
    folder.mkdir(exist_ok=True)
    for part, age in ((".part-old", 2 * 86400), (".part-new", 0)):
        (folder / part).touch()
        os.utime(folder / part, (time.time() - age, time.time() - age))
    assert tidying.half_objects(tools, name) == 1
    assert [left.name for left in folder.glob(".part-*")] == [".part-new"]
    (folder / ".part-new").unlink()
    (options.path / MARKER).rename(tmp_path / "away")
    try:
        assert tidying.half_objects(tools, name) == 0
    finally:
        (tmp_path / "away").rename(options.path / MARKER)


def test_option_files_are_removed_where_their_process_is_gone_and_nothing_else(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead, alive, other = (tmp_path / name for name in (f"canvasback-{gone.pid}-x", f"canvasback-{os.getpid()}-x", "canvasback-bench"))
    for folder in (dead, alive, other):
        folder.mkdir()
        (folder / "my.cnf").write_text("password=x")
    assert tidying.private_files(tmp_path) == 1
    assert (dead.exists(), alive.exists(), other.exists()) == (False, True, True)


def test_scratch_places_of_runs_that_are_over_go_and_that_of_an_open_one_stays(tools, tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "settings", tools.settings.model_copy(update={"scratch_dir": tmp_path / "scratch"}))
    going, over = a_run_in_the_spool(tools, "open"), a_run_in_the_spool(tools, "failed")
    for name in (going, over, "find-new", "find-old", "mine"):
        (tmp_path / "scratch" / name / "logs").mkdir(parents=True)
    os.utime(tmp_path / "scratch" / "find-old", (0, 0))
    assert tidying.tidy(tools).endswith("2 folders of scratch servers")
    assert sorted(path.name for path in (tmp_path / "scratch").iterdir()) == sorted([going, "find-new", "mine"])


def test_a_run_that_failed_leaves_nothing_in_spool_and_scratch(tools, tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "settings", tools.settings.model_copy(update={"scratch_dir": tmp_path / "scratch"}))
    run = a_run_in_the_spool(tools, "failed")
    (tmp_path / "scratch" / run).mkdir(parents=True)
    tidying.sweep(tools, run)
    assert (tools.room.runs(), list((tmp_path / "scratch").iterdir())) == ((), [])


def test_copies_of_lost_workers_are_removed_and_those_of_living_ones_stay(tools, tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "settings", tools.settings.model_copy(update={"scratch_dir": tmp_path / "scratch"}))
    with home(tmp_path / "scratch", 0) as held:
        lost = tmp_path / "scratch" / "scratch-lost"
        lost.mkdir()
        (lost / "owner").touch()
        assert tidying.tidy(tools).endswith("1 folder of lost copies and 0 folders of scratch servers")
        assert held.is_dir()
        assert not lost.exists()


class Trials:
    """A source beside whose live data trials were left; or a server that is away."""

    def __init__(self, *runs, failure=None):
        self.runs, self.failure = [*runs], failure

    def trial(self, order, ground):
        raise NotImplementedError

    def trials(self):
        if self.failure:
            raise self.failure
        return tuple(self.runs)

    def clear_trial(self, run):
        self.runs.remove(run)


def test_trials_of_runs_that_are_over_are_cleared_on_their_own_host_and_those_that_go_on_stay(tools, monkeypatch):
    going = Run(new_run_id(), "verify", "community", "db1", FULL.id)
    tools.ledger.open(going)
    left = Trials("0badcafe", going.id)
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: left)
    assert tidying.trials(tools, "db2") == "cleared 0 trials"
    assert tidying.trials(tools, "db1") == "cleared 1 trial"
    assert left.runs == [going.id]


def test_a_server_that_is_away_keeps_nothing_else_from_being_tidied(tools, monkeypatch):
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: Trials(failure=Transient("no server answers")))
    assert tidying.trials(tools, "db1") == "cleared 0 trials"


def test_what_a_run_that_is_over_has_in_the_spool_and_of_a_trial_is_swept(tools, monkeypatch):
    run = Run(new_run_id(), "verify", "community", "db1", FULL.id)
    tools.ledger.open(run)
    tools.room.reserve(run.id, 1, 1000)
    left = Trials(run.id)
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: left)
    tidying.sweep(tools, run.id)
    assert (tools.room.runs(), left.runs) == ((), [])
