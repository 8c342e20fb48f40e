"""Planning a restore: everything that stands against it is said before anything is done."""

from datetime import timedelta

import pytest

from tests.catalog.samples import FULL, later, put
from workers.artifact import Order, Run, new_run_id
from workers.bench import opening, planning
from workers.errors import Refused
from workers.ports import Place

FREE = Place("community_r", exists=False, empty=True)
TAKEN = Place("community", exists=True, empty=False, rows=5112400)


@pytest.fixture
def tools(orders):
    orders.app.tools.ledger._redis.flushdb()
    return orders.app.tools


def plan(tools, place=FREE, **wishes):
    return planning.restore(tools, lambda _target, _into: place, "community", **wishes)


def test_the_newest_snapshot_is_taken_whatever_the_order_of_names(tools):
    newer = later(1, number=0)
    put(tools.store("nas"), newer)
    put(tools.store("nas"), FULL)
    assert plan(tools).manifest.id == newer.id


def test_a_backup_can_be_named_by_the_beginning_of_its_id(tools):
    put(tools.store("nas"), FULL)
    put(tools.store("nas"), later(1))
    assert plan(tools, backup=FULL.id[:12]).manifest.id == FULL.id


def test_a_place_that_holds_data_is_refused_with_both_ways_out(tools):
    put(tools.store("nas"), FULL)
    with pytest.raises(Refused) as refused:
        plan(tools, TAKEN)
    assert 'restore("community", into="community_restored")' in refused.value.reason
    assert 'restore("community", confirm="community")' in refused.value.reason


def test_a_confirmed_restore_says_what_it_drops(tools):
    put(tools.store("nas"), FULL)
    assert plan(tools, TAKEN, confirm="community").changes.startswith("DROPS community with about 5,112,400 rows")


def test_a_damaged_backup_is_refused_before_the_host_is_asked(tools):
    key = put(tools.store("nas"), FULL)
    manifest = tools.settings.stores["nas"].options.path / key
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes().replace(b"community", b"communitx", 1))
    with pytest.raises(Refused, match="cannot be used"):
        planning.restore(tools, lambda *_: pytest.fail("asked"), "community", FULL.id)


def test_a_forecast_follows_the_speed_of_the_newest_restore(tools):
    order = Order(FULL.id, "community", "x", FULL.facts)
    run = Run(new_run_id(), "restore", "community", "db1", FULL.id, order=order)
    tools.ledger.open(run)
    tools.ledger.count(run.id, loaded__bytes=1000)
    tools.ledger.close(run.id, "done")
    took = tools.ledger.entry(run.id).closed - run.opened
    assert planning.forecast(tools, 5000) == pytest.approx(took * 5, abs=timedelta(milliseconds=1))


def test_a_restore_over_the_live_place_takes_the_lock_of_its_data(tools):
    order = Order(FULL.id, "community", "community", FULL.facts, "community")
    assert opening.restore(tools, "community", order, None).locks == ("restore:db1", "data:community")


def test_a_restore_beside_it_leaves_backups_going(tools):
    order = Order(FULL.id, "community", "community_r", FULL.facts)
    assert opening.restore(tools, "community", order, None).locks == ("restore:db1",)


def test_a_confirmation_is_checked_again_where_the_run_is_opened(tools):
    order = Order(FULL.id, "community", "community", FULL.facts, "yes")
    with pytest.raises(Refused, match="confirm='community'"):
        opening.restore(tools, "community", order, None)
