"""Planning a restore: everything that stands against it is said before anything is done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.catalog.samples import FULL, NOON, PHYSICAL, later, put
from workers.artifact import Kind, Order, Role, Run, Until, new_run_id
from workers.bench import choosing, opening, planning
from workers.bench.choosing import Choice
from workers.bench.wishes import Wish
from workers.errors import Refused
from workers.ports import Place

FREE = Place("community_r", exists=False, empty=True)
TAKEN = Place("community", exists=True, empty=False, rows=5112400)


@pytest.fixture
def tools(orders):
    orders.app.tools.ledger._redis.flushdb()
    return orders.app.tools


def plan(tools, place=FREE, **wishes):
    return planning.restore(tools, lambda _target, _into: place, Wish("community", **wishes))


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
        planning.restore(tools, lambda *_: pytest.fail("asked"), Wish("community", FULL.id))


def test_only_the_live_place_can_be_restored_over_whatever_was_confirmed(tools):
    put(tools.store("nas"), FULL)
    other = replace(TAKEN, name="shop")
    with pytest.raises(Refused) as refused:
        plan(tools, other, into="shop", confirm="community")
    assert 'into="shop_restored"' in refused.value.reason
    assert "over it" not in refused.value.reason


def test_an_empty_name_is_asked_about_and_never_means_the_live_place(tools):
    put(tools.store("nas"), FULL)
    asked = []
    planning.restore(tools, lambda _, into: asked.append(into) or FREE, Wish("community", into=""))
    assert asked == [""]


def test_an_empty_id_never_means_the_newest_backup(tools):
    put(tools.store("nas"), FULL)
    with pytest.raises(Refused, match="no backup ''"):
        plan(tools, backup="")


def big(size):
    """A backup whose data segment has so many plain bytes."""
    return replace(FULL, segments=tuple(replace(segment, plain=replace(segment.plain, bytes=size)) for segment in FULL.segments))


def restored(tools, loaded, target="community"):
    run = Run(new_run_id(), "restore", target, "db1", FULL.id, order=Order(FULL.id, "community", "x", FULL.facts))
    tools.ledger.open(run)
    tools.ledger.count(run.id, loaded__bytes=loaded)
    tools.ledger.close(run.id, "done")
    return run, tools.ledger.entry(run.id).closed - run.opened


def test_a_forecast_follows_the_speed_of_the_newest_restore(tools):
    run, took = restored(tools, 1000)
    found = planning.forecast(tools, big(5000), big(5000).segments)
    assert found.span == pytest.approx(took * 5, abs=timedelta(milliseconds=1))
    assert found.measured == run.id


@pytest.mark.parametrize(("loaded", "target"), [(400, "community"), (0, "community"), (5000, "shop")])
def test_a_restore_that_is_not_comparable_is_no_measure_and_the_backups_own_time_stands_in(tools, loaded, target):
    restored(tools, loaded, target)
    assert planning.forecast(tools, big(5000), big(5000).segments) == planning.Forecast(FULL.ended - FULL.started)


def test_a_restore_to_a_moment_is_no_measure_of_a_whole_backup(tools):
    run, _ = restored(tools, 1000)
    tools.ledger._redis.flushdb()
    order = replace(run.order, until=Until(time=NOON))
    tools.ledger.open(replace(run, order=order))
    tools.ledger.count(run.id, loaded__bytes=5000)
    tools.ledger.close(run.id, "done")
    assert planning.forecast(tools, big(5000), big(5000).segments).measured == ""


def test_a_new_server_takes_no_lock_of_the_live_data(tools):
    order = Order(FULL.id, "community", "community", FULL.facts, until=Until(time=NOON), server="/srv/new")
    assert opening.restore(tools, "community", order, None).locks == ("restore:db1",)


def test_a_run_that_holds_a_lock_is_named_before_another_is_sent(tools):
    first = opening.backup(tools, "community", Kind.FULL, None, None)
    first.take(tools.ledger)
    with pytest.raises(Refused, match=first.run.id):
        planning.free(tools, opening.backup(tools, "community", Kind.FULL, None, None))
    tools.ledger.close(first.run.id, "done")
    planning.free(tools, opening.backup(tools, "community", Kind.FULL, None, None))


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


def test_a_restore_over_live_data_has_its_safety_backup_in_the_plan_and_in_the_refusal(tools):
    put(tools.store("nas"), FULL)
    found = plan(tools, TAKEN, confirm="community")
    assert found.safety == FULL.ended - FULL.started
    assert found.span == found.forecast.span + found.safety
    with pytest.raises(Refused, match=r"a safety backup is made first \(about 3 min 2 s\)"):
        plan(tools, TAKEN)


def test_what_is_moved_aside_needs_no_safety_backup_and_the_refusal_says_where_it_goes(tools):
    put(tools.store("nas"), FULL)
    place = replace(TAKEN, aside="community.before-<time>", unit="name")
    with pytest.raises(Refused, match=r"5,112,400 names[\s\S]*moved aside, to community.before-<time>"):
        plan(tools, place)
    found = plan(tools, place, confirm="community")
    assert (found.safety, found.order.confirm) == (None, "community")
    assert found.changes == "moves community with about 5,112,400 names to community.before-<time>; nothing is deleted"


@pytest.mark.parametrize("place", [FREE, Place("community", exists=True, empty=True)])
def test_where_nothing_is_replaced_there_is_nothing_to_confirm_and_no_safety_backup(tools, place):
    put(tools.store("nas"), FULL)
    found = plan(tools, place, confirm="community")
    assert (found.safety, found.order.confirm) == (None, None)


def test_a_safety_backup_is_never_taken_for_the_newest_but_by_its_name(tools):
    put(tools.store("nas"), FULL)
    put(tools.store("nas"), replaced := later(1, label="safety"))
    assert plan(tools).manifest.id == FULL.id
    assert plan(tools, backup=replaced.id).manifest.id == replaced.id


def test_a_table_that_the_backup_does_not_have_is_refused_with_what_was_meant(tools):
    put(tools.store("nas"), FULL)
    with pytest.raises(Refused, match=r'has no table "user"; did you mean "users"\? \(tables: users, 게시글\)'):
        plan(tools, choice=Choice(("user",)))


def test_a_plan_of_single_tables_reads_only_what_they_need_and_counts_their_rows(tools):
    other = replace(FULL.segments[1], number=3, objects=("게시글",))
    data = replace(FULL.segments[1], objects=("users",))
    put(tools.store("nas"), replace(FULL, segments=(FULL.segments[0], data, other)))
    found = plan(tools, TAKEN, confirm="community", choice=Choice(("users",)))
    assert (found.order.objects, [segment.number for segment in found.reads]) == (("users",), [1, 2])
    assert choosing.rows(found.order) == "1,200 rows"
    assert found.changes.startswith("REPLACES users of community, all at one moment")
    assert found.safety == FULL.ended - FULL.started


def test_what_stands_in_the_way_of_tables_is_refused_with_ways_that_name_them(tools):
    put(tools.store("nas"), FULL)
    with pytest.raises(Refused) as refused:
        plan(tools, TAKEN, choice=Choice(("users", "게시글")))
    for way in ('into="community_restored", tables=["users", "게시글"])', 'confirm="community", tables=["users", "게시글"])'):
        assert way in refused.value.reason


def test_an_empty_list_of_tables_never_means_all_of_them():
    with pytest.raises(Refused, match="names no table"):
        choosing.choice([])
    assert choosing.choice(["users", "users"]) == Choice(("users",))
    assert choosing.choice(None) == Choice()


def test_what_was_chosen_stands_in_the_order_and_in_the_ways_that_are_offered(tools):
    accounts = replace(FULL.segments[0], number=3, name="accounts", role=Role.ACCOUNTS)
    later_ = replace(FULL.segments[0], number=4, name="post-data", role=Role.POST_DATA)
    put(tools.store("nas"), replace(FULL, segments=(*FULL.segments, accounts, later_)))
    chosen = choosing.choice(None, {"gone@%": "app@localhost"}, accounts=True)
    order = plan(tools, choice=chosen).order
    assert (order.definers, order.accounts) == ((("gone@%", "app@localhost"),), "all")
    with pytest.raises(Refused, match=r'definers=\{"gone@%": "app@localhost"\}, accounts=True\)'):
        plan(tools, TAKEN, choice=chosen)
    assert choosing.choice(definers="make").typed == ', definers="make"'
    assert any("run as app@localhost" in words for words in choosing.accounts(order))


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"accounts": True}, "carries no accounts"),
        ({"definers": "make"}, "carries no accounts"),
        ({"definers": {"old@%": "new@%"}}, "holds no views or programs"),
        ({"definers": {"old": "new@%"}}, '"old" is no account; to map one to another'),
        ({"definers": "drop"}, 'neither "keep" nor "make"'),
    ],
)
def test_a_choice_that_cannot_be_had_is_refused_with_what_would_work(tools, wish, words):
    put(tools.store("nas"), FULL)
    with pytest.raises(Refused, match=words):
        plan(tools, choice=choosing.choice(**wish))


def test_a_physical_full_makes_a_server_and_says_so(tools):
    put(tools.store("nas"), PHYSICAL)
    asked = []
    found = planning.restore(
        tools, lambda _, into: asked.append(into) or Place(into, exists=False, empty=True), Wish("community", server="/srv/new")
    )
    assert asked == ["/srv/new"]
    assert (found.order.server, found.order.into) == ("/srv/new", "/srv/new")
    assert [count.name for count in found.order.expected] == ["community.users", "shop.users"]
    assert found.changes == "makes /srv/new, a server of its own that is not started; nothing that exists is touched"


def test_one_database_of_a_physical_full_is_compared_with_its_own_tables(tools):
    put(tools.store("nas"), PHYSICAL)
    assert [(count.name, count.rows) for count in plan(tools, into="community_r").order.expected] == [("users", 1200)]


def test_a_server_is_refused_where_something_stands_there_or_the_backup_makes_none(tools):
    put(tools.store("nas"), PHYSICAL)
    taken = Place("/srv/new", exists=True, empty=False)
    with pytest.raises(Refused, match=r"/srv/new is not empty on db1; .*server=\"/srv/new_new\""):
        plan(tools, taken, server="/srv/new")
    with pytest.raises(Refused, match="takes no into= or confirm="):
        plan(tools, server="/srv/new", into="community_r")
    put(tools.store("nas"), later(1))
    with pytest.raises(Refused, match=r"is a logical full of one database and makes no server.*into=\"community_restored\""):
        plan(tools, server="/srv/new")


def test_a_place_that_cannot_be_read_is_replaced_without_a_safety_backup_once_it_is_confirmed(tools):
    put(tools.store("nas"), FULL)
    down = replace(TAKEN, aside="/var/lib/redis/before-x")
    with pytest.raises(Refused, match=r"over it: .* it is moved aside, to /var/lib/redis/before-x"):
        plan(tools, down)
    found = plan(tools, down, confirm="community")
    assert (found.safety, found.order.aside, found.order.confirm) == (None, True, "community")
    assert found.changes.endswith("to /var/lib/redis/before-x; nothing is deleted")


def test_where_there_are_only_safety_backups_they_are_offered_by_name(tools):
    put(tools.store("nas"), held := later(1, label="safety"))
    with pytest.raises(Refused, match=f'only safety backups, which are taken by name: backup="{held.id}"'):
        plan(tools)


def test_the_ways_that_are_offered_name_the_backup_that_was_asked_for(tools):
    put(tools.store("nas"), FULL)
    put(tools.store("nas"), later(1))
    with pytest.raises(Refused) as refused:
        plan(tools, TAKEN, backup=FULL.id)
    assert refused.value.reason.count(f'backup="{FULL.id}"') == 2
