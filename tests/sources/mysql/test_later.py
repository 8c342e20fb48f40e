"""Routines, views, triggers, events: each by itself, made or told, and never one that acts on the original."""

from dataclasses import replace

import pytest

from tests.sources.mysql.restoring import depart, journey_of
from workers.errors import Permanent
from workers.sources.mysql.script import Definition, Thing

OBJECTS = """
CREATE TABLE posts (id INT PRIMARY KEY, n INT); CREATE TABLE log (n INT); INSERT INTO posts VALUES (1, 1);
CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC RETURN x * 2;
CREATE VIEW doubled AS SELECT twice(n) AS n, 'app.x' AS app FROM posts;
CREATE TRIGGER good AFTER UPDATE ON posts FOR EACH ROW INSERT INTO log VALUES (1);
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' ENABLE DO DELETE FROM log;
"""
NAMING = """
CREATE TRIGGER bad AFTER UPDATE ON posts FOR EACH ROW INSERT INTO {name}.log VALUES (1);
CREATE PROCEDURE bad_text() PREPARE s FROM 'TRUNCATE TABLE {upper} . posts';
CREATE FUNCTION bad_comment() RETURNS INT DETERMINISTIC RETURN (SELECT MAX(n) FROM `{name}`/* here */.posts);
CREATE EVENT bad_event ON SCHEDULE EVERY 1 DAY DO DELETE FROM {name}.posts;
"""


def _objects(ground, order) -> set[object]:
    into = order.into
    return {
        *(row[0] for row in ground.execute(f"SELECT routine_name FROM information_schema.routines WHERE routine_schema = '{into}'")),
        *(row[0] for row in ground.execute(f"SELECT table_name FROM information_schema.views WHERE table_schema = '{into}'")),
        *(row[0] for row in ground.execute(f"SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = '{into}'")),
        *(row[0] for row in ground.execute(f"SELECT event_name FROM information_schema.events WHERE event_schema = '{into}'")),
    }


def test_under_another_name_nothing_acts_on_the_original_and_what_is_missing_is_told(ground) -> None:
    journey = depart(ground, OBJECTS)
    name = journey.facts.place
    ground.client(name, NAMING.format(name=name, upper=name.upper()).encode())
    journey = journey_of(ground, ground.target(name))
    order = journey.order()
    warnings = journey.back(order).warnings
    assert _objects(ground, order) == {"twice", "doubled", "good", "tidy"}
    assert sorted(warnings) == sorted(
        [
            f"trigger bad left out: it names {name}",
            f"procedure bad_text left out: it names {name}",
            f"function bad_comment left out: it names {name}",
            f"event bad_event left out: it names {name}",
            "event tidy is disabled",
        ]
    )


def test_under_another_name_events_are_disabled_and_views_call_the_copys_functions(ground) -> None:
    journey = depart(ground, OBJECTS)
    order = journey.order()
    journey.back(order)
    status = f"SELECT status FROM information_schema.events WHERE event_schema = '{order.into}'"
    assert ground.execute(status) == [("DISABLED",)]
    ground.execute(f"DROP DATABASE {journey.facts.place}")
    assert ground.execute("SELECT n, app FROM doubled", database=order.into) == [(2, "app.x")]


def test_under_its_own_name_events_stay_as_they_were(ground) -> None:
    journey = depart(ground, OBJECTS)
    order = journey.order(journey.facts.place, confirm="community")
    assert journey.back(order).warnings == ()
    status = f"SELECT status FROM information_schema.events WHERE event_schema = '{order.into}'"
    assert ground.execute(status) == [("ENABLED",)]


def test_triggers_do_not_act_while_rows_are_loaded_and_corrected(ground) -> None:
    rows = "CREATE TABLE f (id INT PRIMARY KEY, f FLOAT); INSERT INTO f VALUES (1, 0.1234567);"
    acts = "CREATE TRIGGER a AFTER INSERT ON f FOR EACH ROW INSERT INTO log VALUES (1);"
    also = "CREATE TRIGGER b AFTER UPDATE ON f FOR EACH ROW INSERT INTO log VALUES (2);"
    journey = depart(ground, OBJECTS + rows + acts + also)
    order = journey.order()
    journey.back(order)
    assert ground.execute("SELECT COUNT(*) FROM log", database=order.into) == [(0,)]
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)


def test_a_definer_that_is_not_there_is_a_warning_and_the_object_is_made(ground) -> None:
    journey = depart(ground, OBJECTS.replace("CREATE TRIGGER", "CREATE DEFINER=`gone`@`app.example.org` TRIGGER"))
    order = journey.order(journey.facts.place, confirm="community")
    (warning,) = journey.back(order).warnings
    assert warning == "trigger good: The user specified as a definer ('gone'@'app.example.org') does not exist"
    assert "good" in _objects(ground, order)


def test_a_view_whose_tables_are_not_there_is_left_out_by_name_and_the_others_are_made(ground) -> None:
    journey = depart(ground, OBJECTS)
    journey.also(
        Definition(Thing.VIEW, "far", "CREATE VIEW `far` AS select `x`.`a` AS `a` from `elsewhere_1`.`x`"),
        Definition(Thing.VIEW, "farther", "CREATE VIEW `farther` AS select `far`.`a` AS `a` from `far`"),
        Definition(Thing.VIEW, "near", "CREATE VIEW `near` AS select 1 AS `a`"),
    )
    order = journey.order(journey.facts.place, confirm="community")
    warnings = journey.back(order).warnings
    assert [warning.partition(":")[0] for warning in warnings] == ["view far left out", "view farther left out"]
    assert {"near", "tidy", "good"} <= _objects(ground, order)


def test_views_in_any_order_are_all_made(ground) -> None:
    journey = depart(ground, OBJECTS)
    journey.also(
        Definition(Thing.VIEW, "a", "CREATE VIEW `a` AS select `b`.`x` AS `x` from `b`"),
        Definition(Thing.VIEW, "b", "CREATE VIEW `b` AS select `c`.`x` AS `x` from `c`"),
        Definition(Thing.VIEW, "c", "CREATE VIEW `c` AS select 1 AS `x`"),
    )
    order = journey.order(journey.facts.place, confirm="community")
    assert journey.back(order).warnings == ()
    assert {"a", "b", "c"} <= _objects(ground, order)


def test_a_definition_that_the_server_refuses_fails_the_restore_after_all_others_were_made(ground) -> None:
    journey = depart(ground, OBJECTS)
    journey.also(
        Definition(Thing.TRIGGER, "odd", "CREATE TRIGGER odd NONSENSE"),
        Definition(Thing.PROCEDURE, "last", "CREATE PROCEDURE last() SELECT 1"),
    )
    order = journey.order()
    with pytest.raises(Permanent, match=r"the rows are in .*, but not all definitions; refused \(1\): making trigger odd on .*NONSENSE"):
        journey.back(order)
    assert "last" in _objects(ground, order)


# The definer is root, a system user to MySQL. SUPER is for functions and triggers where the binary log is on; the server's
# setting log_bin_trust_function_creators does, too.
ENOUGH = {False: ("SET_ANY_DEFINER ON *.*", "SYSTEM_USER ON *.*", "SUPER ON *.*"), True: ("SUPER ON *.*",)}


def test_an_account_with_the_least_privileges_restores_all(ground) -> None:
    journey = depart(ground, OBJECTS)
    order = journey.order()
    user = ground.account(f"ALL ON `{order.into}`.*", *ENOUGH[ground.maria])
    limited = replace(journey, server=ground.target(journey.facts.place, user))
    assert limited.back(order).warnings == ("event tidy is disabled",)
    assert _objects(ground, order) == {"twice", "doubled", "good", "tidy"}


def test_a_missing_privilege_is_told_with_the_grant_after_the_rows_are_restored(ground) -> None:
    journey = depart(ground, OBJECTS)
    order = journey.order()
    user = ground.account(f"ALL ON `{order.into}`.*")
    limited = replace(journey, server=ground.target(journey.facts.place, user))
    right = "(SET_ANY_DEFINER|SET USER)"
    with pytest.raises(Permanent, match=rf"refused \(4\): making function twice: .*GRANT {right} ON \*\.\* TO '{user}'"):
        limited.back(order)
    assert ground.execute("SELECT id FROM posts", database=order.into) == [(1,)]


def test_an_event_that_is_over_is_told(ground) -> None:
    journey = depart(ground, OBJECTS)
    sql = "CREATE EVENT `once` ON SCHEDULE AT '2020-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE DO SELECT 1"
    journey.also(Definition(Thing.EVENT, "once", sql))
    order = journey.order(journey.facts.place, confirm="community")
    (warning,) = journey.back(order).warnings
    assert warning.startswith("event once: Event execution time is in the past")


def test_programs_keep_their_comments_modes_and_character_sets(ground) -> None:
    body = "BEGIN /* 주석; */ SELECT \"id\", _latin1 'é' FROM posts; -- end\nEND"
    journey = depart(ground, f"{OBJECTS} SET sql_mode = 'ANSI_QUOTES';\nDELIMITER //\nCREATE PROCEDURE p() {body}//\n")
    before = ground.execute("SHOW CREATE PROCEDURE p", database=journey.facts.place)[0]
    order = journey.order(journey.facts.place, confirm="community")
    journey.back(order)
    assert ground.execute("SHOW CREATE PROCEDURE p", database=order.into)[0] == before
