"""A plan's throttle reaches the dumps of its targets, whatever their source, and nothing else."""

from functools import partial

import pytest

from tests.spool.test_pace import Clock
from tests.synthetic.source import Options, Synthetic
from workers.artifact import Kind
from workers.bench import backup as module
from workers.bench import opening
from workers.bench.backup import Backup
from workers.bench.tools import Tools
from workers.catalog.ledger import WAITING
from workers.gentle import UNTHROTTLED, silent
from workers.plans import Throttle
from workers.spool.pace import Pace

THROTTLE = Throttle.model_validate({"rate": "1MiB", "nice": 3, "load": {"most": 40}})


@pytest.fixture
def tools(orders, monkeypatch):
    plan = orders.settings.plans["database"].model_copy(update={"throttle": THROTTLE})
    monkeypatch.setattr(Tools, "plan", lambda self, target: plan)
    return orders.app.tools


@pytest.fixture
def run(tools):
    opened = opening.backup(tools, "community", Kind.FULL, None, None)
    opened.take(tools.ledger)
    yield opened.run
    tools.ledger.close(opened.run.id, "failed")
    tools.ledger.alert(opened.run.id, "undelivered: it was none")


def test_a_restore_is_never_held_back_and_a_dump_is(tools):
    assert tools.source("community").gentle == UNTHROTTLED
    gentle = tools.source("community", silent).gentle
    assert (gentle.manners.nice, gentle.ceiling.most, gentle.tell) == (3, 40, silent)


def test_every_source_is_read_at_the_rate_of_its_plan(tools, run, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "Pace", partial(Pace, clock=clock, sleep=clock.sleep))
    monkeypatch.setattr(Tools, "source", lambda *_: Synthetic(Options(segments=4, bytes=1 << 20), None))
    assert sum(segment.plain.bytes for segment in Backup(tools, run.id).segments()) > 4_000_000
    assert 2.9 < clock.now - 100 < 3.1  # the fourth comes as soon as the third has had its time


def test_what_a_dump_waits_for_is_noted_where_people_look(tools, run, monkeypatch):
    told = []
    monkeypatch.setattr(Tools, "source", lambda self, target, tell, counted=None: told.append(tell) or Synthetic(Options(), None))
    list(Backup(tools, run.id).segments())
    told[0]("Threads_running of the server is 57, and the plan allows 40")
    assert tools.ledger.entry(run.id).note(WAITING) == "Threads_running of the server is 57, and the plan allows 40"
