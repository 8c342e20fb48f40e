"""Planning a restore to a moment: the full before it, the logs and no more, and everything that stands against it said beforehand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.catalog.samples import FACTS, FULL, PHYSICAL, later
from tests.catalog.test_recovery import History, at
from workers.artifact import Kind, Order, Position, Run, Statement, Until, new_run_id
from workers.bench import finding, moments, scratch
from workers.bench.choosing import Choice
from workers.bench.moments import Hosts, MomentPlan
from workers.bench.scratch import Need
from workers.bench.wishes import Wish
from workers.catalog.manifest import Manifest, manifest_key, seal
from workers.errors import Refused
from workers.ports import Finding, Place
from workers.transforms.checksum import form_of

HISTORY = History((2, 2, 2))
OLD, NEW = HISTORY.full(0, 1), HISTORY.full(1, 1)
BUNDLES = tuple(HISTORY.bundle(index) for index in range(3))
FREE = Place("x", exists=False, empty=True)
ABLE = (Finding(True, "server program", "/usr/sbin/mysqld 9.7.4"), Finding(True, "room", "/var/lib/canvasback"))


@pytest.fixture
def tools(orders: Any) -> Any:
    orders.app.tools.ledger._redis.flushdb()
    keep(orders.app.tools, OLD, NEW, *BUNDLES)
    return orders.app.tools


def keep(tools: Any, *made: Manifest) -> None:
    nas = tools.store("nas")
    for found in made:
        nas.put(manifest_key(found.target, found.id), body := seal(found), form_of(body))


def plan(tools: Any, place: Place = FREE, able: tuple[Finding, ...] = ABLE, **wishes: Any) -> MomentPlan:
    return moments.plan(
        tools, Hosts(lambda _target, _into: place, lambda _target, _need, _host: able), Wish("community", into="x", **wishes)
    )


def pins(*bundles: Manifest) -> tuple[str, ...]:
    return tuple(f"{bundle.target}/{bundle.id}" for bundle in bundles)


def test_the_order_names_the_full_the_moment_and_the_logs_that_lead_there(tools: Any) -> None:
    order = plan(tools, at=at(5)).order
    assert (order.backup, order.until, order.logs) == (NEW.id, Until(time=at(5)), pins(BUNDLES[1]))
    assert (order.original, order.into, order.confirm, order.server) == ("community", "x", None, "")


def test_a_statement_that_was_found_is_the_position_before_it(tools: Any) -> None:
    hit = Statement("DROP TABLE comments", "community", "0-10-4", at(7), HISTORY.position(2, 1))
    found = plan(tools, before=hit)
    assert found.order.until == Until(position=hit.position)
    assert found.words.startswith("just before 'DROP TABLE comments', bin.000003 at 110")


def test_a_moment_before_the_first_full_is_refused_with_the_first_that_can_be_reached(tools: Any) -> None:
    with pytest.raises(Refused, match=r'the first after it:         at="2026-11-22 21:00:02 \+09:00"'):
        plan(tools, at="2026-11-22 20:00:00")


def test_a_moment_after_the_last_log_is_refused_with_the_last_that_can_be_reached(tools: Any) -> None:
    with pytest.raises(Refused, match=r'the last moment before it:  at="2026-11-22 21:00:08 \+09:00"'):
        plan(tools, at="2026-11-22 22:00:00")


def test_the_future_is_refused_as_such(tools: Any) -> None:
    with pytest.raises(Refused, match=r'(?s)lies in the future.*window\("community"\)'):
        plan(tools, at=datetime.now(UTC) + timedelta(hours=1))


def test_a_gap_is_named_with_both_ends_of_what_can_be_reached(orders: Any) -> None:
    orders.app.tools.ledger._redis.flushdb()
    keep(orders.app.tools, OLD, BUNDLES[0], HISTORY.bundle(2, gap="bin.000002 was purged"), later(1))
    with pytest.raises(Refused) as refused:
        plan(orders.app.tools, at=at(8))
    assert "bin.000002 was purged" in refused.value.reason
    assert "the last moment before it" in refused.value.reason
    assert "the first after it" in refused.value.reason


def test_a_host_that_cannot_replay_is_refused_beforehand_with_what_would_mend_it(tools: Any) -> None:
    missing = Finding(False, "server program", "this host has no server program of mysql 9.7.4 or newer", "install it")
    with pytest.raises(Refused, match=r"db1 cannot do this restore: this host has no server program.*; install it"):
        plan(tools, able=(missing,), at=at(5))


def test_a_place_that_holds_data_is_refused_before_the_host_is_asked_for_more(tools: Any) -> None:
    taken = Place("x", exists=True, empty=False, rows=7)
    hosts = Hosts(lambda *_: taken, lambda *_: pytest.fail("asked"))
    with pytest.raises(Refused, match='"x" exists on db1'):
        moments.plan(tools, hosts, Wish("community", into="x", at=at(5)))


def test_the_full_backups_own_moment_needs_no_replay(orders: Any) -> None:
    orders.app.tools.ledger._redis.flushdb()
    keep(orders.app.tools, OLD)
    found = moments.plan(
        orders.app.tools, Hosts(lambda *_: FREE, lambda *_: pytest.fail("asked")), Wish("community", at=OLD.facts.snapshot)
    )
    assert (found.order.until, found.order.logs, found.order.backup) == (None, (), OLD.id)


def test_a_new_server_is_asked_about_with_its_path_and_touches_no_place(tools: Any) -> None:
    needs: list[Need] = []
    hosts = Hosts(lambda *_: pytest.fail("asked"), lambda _target, need, _host: needs.append(need) or ABLE)  # type: ignore[func-returns-value]
    found = moments.plan(tools, hosts, Wish("community", at=at(5), server="/srv/new"))
    assert (found.order.server, needs[0].server, found.base.changes) == (
        "/srv/new",
        "/srv/new",
        "makes /srv/new, a server of its own that is not started; nothing that exists is touched",
    )


def test_an_incremental_goes_back_over_its_parents_to_their_full(tools: Any) -> None:
    first = replace(FULL, id="20261122T130000Z-incremental-00000001", kind=Kind.INCREMENTAL, parent=OLD.id, segments=())
    first = replace(first, facts=replace(FACTS, position=HISTORY.position(1, 2)), pins=pins(*BUNDLES[:2]))
    second = replace(first, id="20261122T130000Z-incremental-00000002", parent=first.id, pins=pins(BUNDLES[2]))
    second = replace(second, facts=replace(FACTS, position=HISTORY.position(2, 2)))
    keep(tools, first, second)
    assert moments.is_moment(tools, Wish("community", backup=second.id))
    assert not moments.is_moment(tools, Wish("community", backup=OLD.id))
    order = plan(tools, backup=second.id).order
    assert (order.backup, order.logs, order.until) == (OLD.id, pins(*BUNDLES), Until(position=HISTORY.position(2, 2)))


def test_an_incremental_whose_full_is_gone_is_refused(tools: Any) -> None:
    orphan = replace(FULL, id="20261122T130000Z-incremental-00000001", kind=Kind.INCREMENTAL, segments=())
    orphan = replace(orphan, parent="20200101T000000Z-full-00000000")
    keep(tools, orphan)
    with pytest.raises(Refused, match="goes back to 20200101T000000Z-full-00000000, which is not in any store"):
        plan(tools, backup=orphan.id)


def test_a_source_without_logs_is_refused(tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments.sources, "LOGS", {})
    with pytest.raises(Refused, match="has no logs"):
        plan(tools, at=at(5))


def test_a_forecast_scales_each_part_by_its_own_bytes(tools: Any) -> None:
    assert plan(tools, at=at(5)).spans is None
    order = Order(OLD.id, "community", "y", FACTS, until=Until(time=at(5)))
    run = Run(new_run_id(), "restore", "community", "db1", OLD.id, order=order, opened=datetime.now(UTC) - timedelta(seconds=100))
    tools.ledger.open(run)
    seconds = {"base__seconds": 40, "logs__seconds": 10, "replay__seconds": 20}
    tools.ledger.count(run.id, loaded__bytes=NEW.segments[0].plain.bytes, brought__logs=1, **seconds)
    tools.ledger.close(run.id, "done")
    spans = plan(tools, at=at(5)).spans
    assert spans is not None
    assert spans.base == timedelta(seconds=40)
    assert spans.logs == spans.replay == timedelta()  # these bundles hold no bytes
    assert 29 < spans.load.total_seconds() < 40


def whole(plain: int) -> Manifest:
    """The newest full as a copy of a whole server, of so many bytes."""
    facts = replace(NEW.facts, extras=PHYSICAL.facts.extras, counts=PHYSICAL.facts.counts)
    data = replace(NEW.segments[-1], number=1, plain=replace(NEW.segments[-1].plain, bytes=plain))
    return replace(NEW, facts=facts, segments=(data,))


def test_a_physical_full_needs_room_for_its_files_and_its_host_is_asked_for_what_serves_them(orders: Any) -> None:
    orders.app.tools.ledger._redis.flushdb()
    keep(orders.app.tools, whole(1 << 30), *BUNDLES)
    found = plan(orders.app.tools, at=at(5), choice=Choice(tables=("users",)))
    assert (found.order.backup, found.order.facts.mode, found.order.objects) == (NEW.id, "physical", ("users",))
    assert found.need.facts.mode == "physical"
    assert found.need.room == scratch.room("physical", 1 << 30, 0)


@pytest.mark.parametrize("full", [NEW, whole(1)])
def test_a_forecast_is_made_from_restores_of_the_same_mode(orders: Any, full: Manifest) -> None:
    tools = orders.app.tools
    tools.ledger._redis.flushdb()
    keep(tools, full, *BUNDLES)
    order = Order(NEW.id, "community", "y", whole(1).facts, until=Until(time=at(5)))
    run = Run(new_run_id(), "restore", "community", "db1", NEW.id, order=order, opened=datetime.now(UTC) - timedelta(seconds=100))
    tools.ledger.open(run)
    tools.ledger.count(run.id, loaded__bytes=1, brought__logs=1, base__seconds=1)
    tools.ledger.close(run.id, "done")
    assert (plan(tools, at=at(5)).spans is not None) == (full.facts.mode == "physical")


def test_logs_are_looked_into_from_the_full_on_that_goes_furthest(tools: Any) -> None:
    found = finding.logs(tools, "community", at(7))
    assert (found.pins, found.files) == (pins(BUNDLES[2]), 1)
    assert finding.logs(tools, "community", at(-100)).pins == pins(*BUNDLES)
    assert finding.logs(tools, "community", at(10_000)).pins == pins(BUNDLES[2])


def test_a_position_out_of_reach_is_refused_with_what_there_is(tools: Any) -> None:
    with pytest.raises(Refused, match=r"the logs go from bin\.000001 to bin\.000003 at 120"):
        plan(tools, position="bin.000009:4")
    assert plan(tools, position="bin.000002:110").order.until == Until(position=Position("bin.000002", 110))
