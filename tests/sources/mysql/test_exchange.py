"""Single live tables are replaced, all at one moment, and nothing else of the live database is touched."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.sources.mysql.restoring import depart
from tests.sources.mysql.test_chosen import COMMUNITY
from workers.artifact import Count
from workers.errors import Permanent, Refused, Transient
from workers.sources.mysql import exchange
from workers.sources.mysql.session import rows

BESIDE = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE '{}%canvasback%'"


@pytest.fixture
def journey(ground):
    """A backup of a community that has gone on since, for the worse."""
    found = depart(ground, COMMUNITY)
    worse = ("DELETE FROM comments", "INSERT INTO users VALUES (3, 0.5)", "UPDATE posts SET weight = 0", "INSERT INTO log VALUES (7)")
    ground.execute(*worse, database=found.facts.place)
    return found


def _foreign(ground, name: str) -> set[tuple[object, ...]]:
    asked = "SELECT constraint_name, table_name, referenced_table_schema, referenced_table_name FROM information_schema.key_column_usage"
    return set(ground.execute(f"{asked} WHERE table_schema = '{name}' AND referenced_table_name IS NOT NULL"))


def _triggers(ground, name: str) -> list[tuple[object, ...]]:
    return ground.execute(f"SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = '{name}'")


def test_the_wanted_tables_are_as_they_were_and_all_others_as_they_are(ground, journey) -> None:
    live = journey.facts.place
    before = ground.checksums(live)
    outcome = journey.back(journey.only("comments"))
    assert outcome == type(outcome)((Count("comments", 3),))
    after = ground.checksums(live)
    assert {name for name in after if after[name] != before[name]} == {"comments"}
    assert ground.execute("SELECT id FROM v ORDER BY id", database=live) == [(1,), (2,)]
    assert ground.execute(BESIDE.format(live)) == [(0,)]


def test_foreign_keys_from_to_and_among_them_hold_as_before(ground, journey) -> None:
    live = journey.facts.place
    before = _foreign(ground, live)
    journey.back(journey.only("posts"))
    assert _foreign(ground, live) == before
    for refused in (
        "INSERT INTO comments VALUES (9, 77)",
        "INSERT INTO posts VALUES (9, 77, NULL, 1)",
        "INSERT INTO posts VALUES (9, 1, 77, 1)",
    ):
        with pytest.raises(Exception, match="foreign key constraint fails"):
            ground.execute(refused, database=live)


def test_definitions_are_as_they_were_when_all_tables_of_a_web_are_replaced(ground, journey) -> None:
    live = journey.facts.place
    journey.back(journey.only("users", "posts", "comments"))
    assert ground.dump(journey.server).facts.fingerprint == journey.facts.fingerprint
    assert ground.execute("SELECT COUNT(*) FROM users", database=live) == [(2,)]


def test_a_table_that_was_dropped_comes_back_and_takes_up_the_keys_that_point_to_it(ground, journey) -> None:
    live = journey.facts.place
    before = _foreign(ground, live)
    ground.execute("SET foreign_key_checks = 0", "DROP TABLE posts", database=live)
    assert journey.back(journey.only("posts")).counts == (Count("posts", 2),)
    assert _foreign(ground, live) == before
    assert _triggers(ground, live) == [("seen", "posts")]


def test_triggers_come_back_with_their_table_and_do_not_act_meanwhile(ground, journey) -> None:
    live = journey.facts.place
    ground.execute(
        "DROP TRIGGER seen", "CREATE TRIGGER newer BEFORE DELETE ON posts FOR EACH ROW INSERT INTO log VALUES (8)", database=live
    )
    journey.back(journey.only("posts"))
    assert _triggers(ground, live) == [("seen", "posts")]
    assert ground.execute("SELECT n FROM log", database=live) == [(7,)]


def test_a_trigger_whose_name_another_table_has_by_now_is_left_out_and_that_one_stays(ground, journey) -> None:
    live = journey.facts.place
    ground.execute("DROP TRIGGER seen", "CREATE TRIGGER seen AFTER INSERT ON users FOR EACH ROW SET @x = 1", database=live)
    assert journey.back(journey.only("posts")).warnings == ("trigger seen left out: one of table users has its name",)
    assert _triggers(ground, live) == [("seen", "users")]


def test_rows_that_point_nowhere_now_are_told_in_both_directions(ground, journey) -> None:
    live = journey.facts.place
    more = ("INSERT INTO posts VALUES (3, 3, NULL, 1)", "INSERT INTO comments VALUES (4, 3)", "DELETE FROM users WHERE id = 1")
    ground.execute("SET foreign_key_checks = 0", *more, database=live)
    warnings = journey.back(journey.only("posts")).warnings
    assert set(warnings) == {
        "foreign key about: 1 rows of comments point to no row of posts",
        "foreign key wrote: 1 rows of posts point to no row of users",
    }


def test_a_transaction_that_holds_a_table_is_worth_another_try_and_nothing_was_changed(ground, journey, monkeypatch) -> None:
    monkeypatch.setattr(exchange, "_PATIENCE", 1)
    live, order = journey.facts.place, journey.only("posts")
    journey.prepare(order)
    journey.load(order)
    before = ground.dump(journey.server).facts.fingerprint
    with closing(ground.server.connect(live)) as reader:
        rows(reader, "BEGIN")
        rows(reader, "SELECT * FROM posts")
        with pytest.raises(Transient, match=f"a transaction holds a table of {live} that is to be replaced"):
            journey.finish(order)
        assert ground.dump(journey.server).facts.fingerprint == before
        assert ground.execute("SELECT weight FROM posts", database=live) == [(0.0,), (0.0,)]
    assert journey.finish(order).counts == (Count("posts", 2),)
    assert ground.dump(journey.server).facts.fingerprint == before


def test_an_exchange_that_the_server_refuses_leaves_triggers_and_foreign_keys_as_they_were(ground, journey) -> None:
    live, order = journey.facts.place, journey.only("posts", "comments")
    ground.execute("DROP TABLE comments", "CREATE VIEW comments AS SELECT 1 AS id", database=live)
    ground.execute("CREATE TABLE likes (post INT, CONSTRAINT liked FOREIGN KEY (post) REFERENCES posts (id))", database=live)
    journey.prepare(order)
    journey.load(order)
    before = (_foreign(ground, live), _triggers(ground, live))
    with pytest.raises(Permanent, match=r"putting tables in their place in .*already exists"):
        journey.finish(order)
    assert (_foreign(ground, live), _triggers(ground, live)) == before
    assert ground.execute("SELECT weight FROM posts", database=live) == [(0.0,), (0.0,)]


@pytest.mark.parametrize("lost", ["exchange", "triggers", "clean"])
def test_an_attempt_that_was_lost_is_finished_by_the_next_one_with_the_same_counts(ground, journey, monkeypatch, lost) -> None:
    order = journey.only("posts")
    journey.prepare(order)
    journey.load(order)
    with monkeypatch.context() as patch:
        patch.setattr(exchange, lost, _die)
        with pytest.raises(KeyboardInterrupt):
            journey.finish(order)
    ground.execute("INSERT INTO users VALUES (8, 1), (9, 1)", database=order.into)
    if lost != "exchange":
        ground.execute("INSERT INTO posts VALUES (8, 8, NULL, 1)", database=order.into)
    assert journey.finish(order).counts == (Count("posts", 2),)
    assert _triggers(ground, order.into) == [("seen", "posts")]
    assert ground.execute(BESIDE.format(order.into)) == [(0,)]


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_an_unfinished_restore_left_is_named_and_nothing_is_touched(ground, journey) -> None:
    order = journey.only("posts")
    journey.prepare(order)
    with pytest.raises(
        Refused, match=f"_canvasback_new. is left of a restore that did not end; where nobody needs it: DROP DATABASE `{order.into}_"
    ):
        journey.prepare(order)


def test_a_database_that_is_not_there_takes_no_tables(ground, journey) -> None:
    ground.execute(f"DROP DATABASE {journey.facts.place}")
    with pytest.raises(Refused, match=r"there is no database .* to put tables into; leave out confirm"):
        journey.prepare(journey.only("posts"))


def test_writers_on_other_tables_never_wait_and_on_replaced_ones_see_no_gap(ground, journey) -> None:
    live, end = journey.facts.place, time.monotonic() + 1.5
    order = journey.only("posts")
    journey.prepare(order)
    journey.load(order)

    def read() -> set[int]:
        found = set()
        while time.monotonic() < end:
            found.add(ground.execute("SELECT COUNT(*) FROM posts", database=live)[0][0])
        return found

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        journey.finish(order)
        assert reading.result() == {2}
