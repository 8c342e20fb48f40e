"""How a run begins: who it is, which locks it takes, and what is refused before it does anything."""

import pytest

from tests.catalog.samples import FULL
from workers import sources
from workers.artifact import BACKUP_ID, Kind, Order
from workers.bench import opening
from workers.errors import Permanent, Refused


@pytest.fixture
def tools(orders):
    orders.app.tools.ledger._redis.flushdb()
    return orders.app.tools


def test_a_backup_gets_an_id_of_its_kind_on_the_host_of_its_target(tools):
    run = opening.backup(tools, "community", Kind.FULL, "2026-11-22T00:00", "7d06883c").run
    assert BACKUP_ID.fullmatch(run.backup)
    assert (run.id, run.host, run.slot) == ("7d06883c", "db1", "2026-11-22T00:00")


def test_a_second_backup_of_a_target_is_refused_by_the_name_of_the_first(tools):
    first, second = (opening.backup(tools, "community", Kind.FULL, None, None) for _ in range(2))
    assert first.take(tools.ledger)
    with pytest.raises(Refused, match=f"run {first.run.id} of community is still going"):
        second.take(tools.ledger)


def test_the_same_message_twice_begins_one_run(tools):
    asked = opening.backup(tools, "community", Kind.FULL, None, None)
    assert [asked.take(tools.ledger), asked.take(tools.ledger)] == [True, False]


def test_what_stands_against_a_run_is_noted_as_the_reason_of_its_start(tools):
    asked = opening.backup(tools, "community", Kind.FULL, None, None)
    asked.take(tools.ledger)
    asked.refuse(tools.ledger, Permanent("Redis is away"))
    reason = tools.ledger.entry(asked.run.id).reason
    assert (reason.step, reason.reason) == ("start", "Redis is away")


def test_an_unknown_target_is_refused_with_what_was_meant(tools):
    with pytest.raises(Refused, match='did you mean "community"'):
        opening.backup(tools, "comunity", Kind.FULL, None, None)


def test_only_the_place_that_was_backed_up_can_be_restored_over(tools):
    order = Order(FULL.id, "community", "shop", FULL.facts, "community")
    with pytest.raises(Refused, match="only community itself"):
        opening.restore(tools, "community", order, None)


@pytest.mark.parametrize(
    ("kind", "lock"),
    [(Kind.FULL, "data:community"), (Kind.INCREMENTAL, "incremental:community"), (Kind.DIFFERENTIAL, "differential:community")],
)
def test_what_names_logs_does_not_wait_for_what_reads_data(tools, kind, lock):
    assert opening.backup(tools, "community", kind, None, None).locks == (lock,)


def test_the_lock_of_logs_is_that_of_the_server_and_not_of_the_target(tools):
    assert opening.backup(tools, "community", Kind.LOG, None, None).locks == ("logs:db1:/run/mysqld/mysqld.sock",)


def test_a_source_without_logs_ships_none(tools, monkeypatch):
    monkeypatch.setattr(sources, "LOGS", {"other": ""})
    assert opening.kinds(tools, "community") == (Kind.FULL,)
    with pytest.raises(Refused, match="whose changes are in no log"):
        opening.backup(tools, "community", Kind.LOG, None, None)
