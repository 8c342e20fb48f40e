"""A restore over live data on real processes: what it replaces is sealed first, or nothing is replaced, whatever is lost on the way."""

import time

import pytest

from compose.demo import community
from tests.system.events import when_begun
from tests.system.test_cancel import cancel
from tests.system.test_killed import kill_processes, kill_worker, revive
from tests.system.test_reaper import look
from tests.system.test_restore import order, restore
from workers.bench import undoing
from workers.catalog import index

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def backup(ground):
    """A backup, after which people have written something."""
    found = ground.sound()
    ground.here.database.run("DELETE FROM community.notifications WHERE id % 7 = 0", "UPDATE community.users SET name = CONCAT(name, '!')")
    return found


def rows(ground):
    with ground.here.database.admin() as connection:
        return community.checksums(connection)


def over(ground, backup):
    """Restore a backup over the live database."""
    return restore(ground, order(ground, backup, "community", confirm="community"))


def waiting(ground, backup, seconds=20.0):
    """A restore whose safety backup stands still in mid dump; both runs."""
    ground.tools.slow_dump(seconds)
    run = over(ground, backup)
    ground.until(first := first_of(ground, run), "dumped.segments")
    return run, first


def first_of(ground, run):
    """The run of its safety backup, as soon as that is open."""
    end = time.monotonic() + 20
    while not ((entry := ground.entry(run)) and entry.run.first and ground.entry(entry.run.first)):
        assert time.monotonic() < end, entry
        time.sleep(0.05)
    return entry.run.first


def failed_untouched(ground, run, step, reason, before):
    """One alert for both runs, with the reason of the safety backup; the live data are as they were."""
    entry = ground.one_failure(run, step, reason)
    assert "nothing was restored" in entry.reason.reason
    assert "Safety: community is as it was" in ground.told(run)[0]
    assert ground.entry(entry.run.first).alert in ("", "quiet")
    assert rows(ground) == before


def test_what_is_replaced_is_sealed_first_named_in_the_alert_and_comes_back(ground, backup):
    before = rows(ground)
    entry = ground.ended(run := over(ground, backup))
    assert (entry.state, rows(ground) == before) == ("done", False), entry
    first = ground.entry(entry.run.first)
    sealed = index.find(ground.bench.stores_of("community"), "community", first.run.backup).manifest
    assert (sealed.label, sealed.run, first.state, first.alert) == ("safety", first.run.id, "done", "quiet")
    ground.heard(run)
    (text,) = ground.told(run)
    assert f'{sealed.id} holds what was there before · undo("{run}")' in text
    found = undoing.find(ground.bench, None)
    assert (found.backup, found.restore.id) == (sealed.id, run)
    assert ground.ended(over(ground, found.backup)).state == "done"
    assert rows(ground) == before


def test_a_new_name_needs_no_safety_backup(ground, backup):
    known = ground.sealed()
    assert ground.ended(restore(ground, order(ground, backup, "copy"))).run.first is None
    ground.here.database.run("DROP DATABASE copy")
    assert ground.sealed() == known


def test_a_safety_backup_that_fails_stops_the_restore_with_one_alert_and_nothing_is_touched(ground, backup):
    before = rows(ground)
    ground.tools.dump("sys.exit(3)")
    failed_untouched(ground, over(ground, backup), "backup.dump", "the safety backup", before)


def test_a_store_that_takes_nothing_stops_the_restore(ground, backup):
    before, wanted = rows(ground), order(ground, backup, "community", confirm="community")
    ground.nas.joinpath(".canvasback-store").rename(mark := ground.here.root / "mark")
    entry = ground.ended(run := restore(ground, wanted), 100)
    mark.rename(ground.nas / ".canvasback-store")
    assert (entry.state, rows(ground) == before) == ("failed", True), entry
    assert "is as it was" in ground.told(run)[0]


def test_no_other_run_comes_between_the_two_and_control_leaves_the_one_that_waits_alone(ground, backup):
    run, first = waiting(ground, backup, 4)
    look(ground)
    refused = ground.ended(ground.backup())
    assert (refused.state, run in refused.reason.reason) == ("refused", True)
    look(ground)
    assert [ground.bench.ledger.holder(lock) for lock in ("data:community", "restore:db1")] == [run, run]
    assert (ground.ended(run).state, ground.entry(first).state) == ("done", "done")


@pytest.mark.parametrize(
    ("step", "kill"),
    [
        ("backup.dump", kill_worker),
        ("backup.seal", kill_processes),
        ("backup.seal", kill_worker),
        ("restore.prepare", kill_worker),
    ],
)
def test_a_kill_at_any_step_ends_in_a_proven_restore_or_in_one_alert_and_undo(ground, backup, step, kill):
    before = rows(ground)
    with when_begun(ground.client, step, kill(ground, step)):
        run = over(ground, backup)
    revive(ground)
    entry = ground.ended(run, 100)
    ground.heard(run)
    first = ground.entry(entry.run.first)
    assert entry.state == "done" or (entry.state == "failed" and len(ground.told(run)) == 1), entry
    if rows(ground) != before:
        undone = restore(ground, order(ground, first.run.backup, "community", confirm="community"))
        assert ground.ended(undone, 100).state == "done"
    assert rows(ground) == before
    ground.nothing_left()


def test_a_control_that_is_lost_while_the_safety_backup_goes_on_begins_the_restore_when_it_is_back(ground, backup):
    run, first = waiting(ground, backup, 2)
    ground.here.cluster.kill("control@control")
    end = time.monotonic() + 30
    while ground.entry(first).state == "open":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert ground.entry(run).state == "open"
    ground.here.cluster.start("control@control")
    assert ground.ended(run).state == "done"


def test_a_cancelled_restore_ends_its_safety_backup_within_seconds_and_touches_nothing(ground, backup):
    before = rows(ground)
    run, first = waiting(ground, backup)
    cancel(ground, run)
    entry = ground.ended(run, 30)
    ground.heard(run)
    assert (entry.state, ground.entry(first).state) == ("cancelled", "cancelled")
    (text,) = ground.told(run)
    assert ("half made" in text, "community is as it was" in text) == (False, True)
    assert rows(ground) == before
    ground.nothing_left()


def test_single_tables_replace_live_ones_after_a_safety_backup_and_undo_brings_them_back(ground, backup):
    with ground.here.database.admin() as connection:
        before = community.checksums(connection)
        run = restore(ground, order(ground, backup, "community", confirm="community", objects=("users",)))
        assert ground.ended(run).state == "done"
        after = community.checksums(connection)
        assert {name for name in after if after[name] != before[name]} == {"users"}
        found = undoing.find(ground.bench, run)
        back = order(ground, found.backup, "community", confirm="community", objects=found.tables)
        assert ground.ended(restore(ground, back)).state == "done"
        assert community.checksums(connection) == before
