"""Which restore would be undone: the newest that may have changed live data, or the one that is named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.catalog.samples import FULL, NOON, put
from workers.artifact import Order, Run, new_run_id
from workers.bench import safety, undoing
from workers.errors import Refused

OVER = Order(FULL.id, "community", "community", FULL.facts, "community")


@pytest.fixture
def tools(orders):
    orders.app.tools.redis.flushdb()
    return orders.app.tools


def restored(tools, hours, *, touched=True, state="done", tables=()):
    """A restore over live data, and its sealed safety backup."""
    run = Run(new_run_id(), "restore", "community", "db1", FULL.id, order=replace(OVER, objects=tables), first=new_run_id())
    name = f"20261122T{12 + hours:02}0000Z-full-{hours:08x}"
    moment = replace(FULL.facts, snapshot=NOON + timedelta(hours=hours))
    put(tools.store("nas"), replace(FULL, id=name, run=run.first, label="safety", facts=moment))
    tools.ledger.open(Run(run.first, "backup", "community", "db1", name, then=run.id))
    tools.ledger.open(run)
    tools.ledger.note(run.id, safety.SEALED, name)
    if touched:
        tools.ledger.note(run.id, safety.TOUCHED, "now")
    tools.ledger.close(run.id, state)
    return run, name


def test_the_newest_restore_that_changed_something_is_undone(tools):
    put(tools.store("nas"), FULL)
    restored(tools, 1)
    run, name = restored(tools, 2, state="failed")
    restored(tools, 3, touched=False, state="cancelled")
    assert undoing.find(tools, None) == undoing.Undo("community", name, run)


def test_a_restore_can_be_named(tools):
    run, name = restored(tools, 1)
    restored(tools, 2)
    assert undoing.find(tools, run.id) == undoing.Undo("community", name, run)


def test_a_safety_backup_is_enough_where_the_ledger_was_lost(tools):
    _, name = restored(tools, 1)
    tools.redis.flushdb()
    assert undoing.find(tools, None) == undoing.Undo("community", name, None)


def test_where_there_is_nothing_to_undo_it_says_so(tools):
    put(tools.store("nas"), FULL)
    with pytest.raises(Refused, match="there is nothing to undo"):
        undoing.find(tools, None)


def test_a_run_that_replaced_nothing_is_refused_with_what_became_of_the_place(tools):
    run, _ = restored(tools, 1, touched=False, state="cancelled")
    with pytest.raises(Refused, match="community is as it was"):
        undoing.find(tools, run.id)
    beside = Run(new_run_id(), "restore", "community", "db1", FULL.id, order=replace(OVER, into="copy", confirm=None))
    tools.ledger.open(beside)
    with pytest.raises(Refused, match="is still going"):
        undoing.find(tools, beside.id)
    tools.ledger.close(beside.id, "done")
    with pytest.raises(Refused, match="nothing that stood there was replaced"):
        undoing.find(tools, beside.id)


def test_of_single_tables_only_those_come_back_that_were_there_before(tools):
    run, name = restored(tools, 1, tables=("users", "new"))
    assert undoing.find(tools, run.id) == undoing.Undo("community", name, run, ("users",), ("new",))


def test_a_restore_that_only_made_new_tables_has_nothing_to_bring_back(tools):
    run, _ = restored(tools, 1, tables=("new",))
    with pytest.raises(Refused, match="has only made tables that were not there before: new"):
        undoing.find(tools, run.id)
