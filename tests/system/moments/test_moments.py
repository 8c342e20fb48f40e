"""Back to a moment through the whole platform: the real canvas, real workers, both flavours."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from compose.demo import community
from tests.system.moments.conftest import broken_off, cancel, kill, live
from tests.system.test_restore import flip
from workers.artifact import encode
from workers.errors import Refused
from workers.views import moments as words

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("turn", range(2))
def test_at_a_random_instant_the_counter_is_the_last_one_acknowledged_and_the_live_database_stays(past, into, turn):
    before = live(past)
    moment, count = random.choice(past.seen[turn::2])
    entry = past.restore(at=moment, into=into)
    assert entry.state == "done", entry
    assert past.count(into) == count
    assert "before the logs: view elsewhere left out" in entry.note("warnings")
    assert "definer" not in entry.note("warnings")
    assert live(past) == before
    past.ground.nothing_left()


def test_an_incremental_is_restored_by_replaying_what_it_names(past, into):
    now, made = past.named("incremental")
    entry = past.restore(backup=made.run.backup, into=into)
    assert (entry.state, past.count(into)) == ("done", now), entry


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_a_differential_is_restored_into_a_new_server(past):
    _, made = past.named("differential")
    place = past.ground.here.root / "kept"
    entry = past.restore(backup=made.run.backup, server=str(place))
    assert entry.state == "done", entry
    assert (place / "ibdata1").exists()
    assert place.with_name("kept.root.cnf").stat().st_mode & 0o777 == 0o600
    assert f"datadir = {place}" in entry.note("warnings")
    past.ground.nothing_left()


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_a_log_that_is_bad_in_all_stores_fails_with_the_end_that_can_be_reached(past, into):
    moment, _ = past.seen[-1]
    order = past.plan(at=moment, into=into).order
    folder, backup = order.logs[-1].split("/")
    (segment,) = (past.ground.nas / folder / backup / "segments").iterdir()
    whole = segment.read_bytes()
    flip(segment)
    try:
        entry = past.ground.ended(past.ground.send("start.restore", "community", encode(order)))
    finally:
        segment.write_bytes(whole)
    assert (entry.state, entry.reason.step) == ("failed", "restore.replay"), entry
    assert "the last moment that can be reached is" in entry.reason.reason
    assert len(past.ground.told(entry.run.id)) == 1
    past.ground.nothing_left()


@pytest.mark.only("mariadb")  # what does not depend on the flavour
@pytest.mark.parametrize(("act", "ends"), [(kill, ("failed", "restore.replay")), (cancel, ("cancelled", "cancel"))])
def test_a_replay_that_is_killed_or_cancelled_ends_once_and_leaves_nothing(past, into, act, ends):
    broken_off(past, past.plan(at=past.seen[0][0], into=into).order, act, ends)


def test_a_dropped_table_is_back_over_the_live_database_as_it_was_just_before(past):
    *_, hit = past.find("DROP TABLE comments")
    plan = past.plan(before=hit, confirm="community")
    text = words.plan(plan, past.ground.bench.settings.time_zone)
    assert "just before 'DROP TABLE" in text
    assert "DROPS community" in text
    assert "no gap" in text
    entry = past.ground.ended(past.ground.send("start.restore", "community", encode(plan.order)), 100)
    assert entry.state == "done", entry
    assert past.count("community") == past.before
    assert past.ask("SELECT COUNT(*) FROM community.comments")[0][0] == int(community.ROWS["comments"] * 0.03)
    assert past.ask("SELECT COUNT(*) FROM community.notifications") == ((0,),)


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_logs_that_were_purged_between_two_shippings_are_a_gap_that_is_named(past, into):
    run = past.ground.here.database.run
    run(
        "INSERT INTO community.counter VALUES (2, 0)",
        "FLUSH BINARY LOGS",
        "DELETE FROM community.counter WHERE id = 2",
        "FLUSH BINARY LOGS",
    )
    last = past.ask("SHOW BINARY LOGS")[-1][0]
    end = time.monotonic() + 20
    while len(past.ask("SHOW BINARY LOGS")) > 1:
        assert time.monotonic() < end
        run(f"PURGE BINARY LOGS TO '{last}'")
        time.sleep(0.05)
    past.ship()
    run("INSERT INTO community.counter VALUES (3, 0)")
    past.ship()
    with pytest.raises(Refused, match=r"(?s)cannot be reached.*purged.*the last moment before it:  at="):
        past.plan(at=datetime.now(UTC) - timedelta(seconds=1), into=into)
