"""What a definition becomes under another name: nothing that acts on the original."""

from datetime import UTC, datetime

import pytest

from tests.sources.mysql.restoring import depart
from workers.artifact import Facts, Order
from workers.errors import Corrupt
from workers.sources.mysql.renaming import disabled, mentions, moved, renamed
from workers.sources.mysql.script import Definition, Thing

FACTS = Facts("id", "mysql", "9.7.4", "com", datetime(2026, 11, 22, tzinfo=UTC))
ORDER = Order("b", "com", "com_2", FACTS)
EVENT = (
    "CREATE DEFINER=`r`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION {0} {1} COMMENT 'x' DO SELECT 1"
)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM com.posts",
        "DELETE FROM COM . posts",
        "DELETE FROM `com`.`posts`",
        'DELETE FROM "com".posts',
        "PREPARE s FROM 'DELETE FROM com.posts'",
        "DELETE FROM com/* or not */.posts",
        "DELETE FROM com -- here\n.posts",
        "SELECT x.com.y",
        "CREATE DEFINER=`a`@`com.org` TRIGGER t AFTER INSERT ON com.t FOR EACH ROW DO 0",
    ],
)
def test_a_text_names_the_database(sql) -> None:
    assert mentions(sql, "com")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM xcom.posts",
        "DELETE FROM com_2.posts",
        "DELETE FROM `xcom`.posts",
        "SELECT com, 'com'",
        "CREATE DEFINER=`com.`@`mail.com.org` PROCEDURE p() SELECT 1",
        "CREATE DEFINER=`com.role` PROCEDURE p() SELECT 1",
    ],
)
def test_a_text_does_not_name_the_database(sql) -> None:
    assert not mentions(sql, "com")


def test_odd_names_are_found_in_their_quotes() -> None:
    assert mentions("DELETE FROM `a``b (c)`.t", "a`b (c)")
    assert mentions('DELETE FROM "a""b".t', 'a"b')


def test_calls_in_views_move_and_literals_and_aliases_stay() -> None:
    view = r"select `com`.`f`(`com`.`x`) AS `a`,'`com`.`f`(' AS `b`,'\'`com`.`f`(' AS `c`,`it's`.`com` from `t` `com`"
    assert moved(view, "com", "com_2") == view.replace("select `com`", "select `com_2`")


def test_sequences_in_tables_move() -> None:
    table = "CREATE TABLE `t` (`i` int DEFAULT nextval(`com`.`s`) COMMENT 'nextval(`com`.`s`)', `j` int DEFAULT nextval(`far`.`s`))"
    assert moved(table, "com", "a`b") == table.replace("DEFAULT nextval(`com`", "DEFAULT nextval(`a``b`")


@pytest.mark.only("mariadb")
def test_a_sequence_of_the_copy_counts_for_the_copy(ground) -> None:
    journey = depart(ground, "CREATE SEQUENCE s; CREATE TABLE t (i INT DEFAULT NEXTVAL(s), j INT); INSERT INTO t (j) VALUES (5);")
    order = journey.order()
    journey.back(order)
    ground.execute(f"DROP DATABASE {journey.facts.place}")
    assert len(ground.execute("INSERT INTO t (j) VALUES (6)", "SELECT i FROM t", database=order.into)) == 2


def test_a_view_that_reads_the_original_is_left_out() -> None:
    view = Definition(Thing.VIEW, "v", "CREATE VIEW `v` AS select `t`.`a` AS `a` from `com`.`t`")
    assert renamed(view, ORDER) is None


def test_a_view_that_only_speaks_of_the_original_is_kept() -> None:
    view = Definition(Thing.VIEW, "v", "CREATE VIEW `v` AS select 'com.t' AS `a`")
    assert renamed(view, ORDER) == view


def test_under_its_own_name_nothing_changes() -> None:
    event = Definition(Thing.EVENT, "e", EVENT.format("PRESERVE", "ENABLE") + " FROM com.t")
    assert renamed(event, Order("b", "com", "com", FACTS)) is event


@pytest.mark.parametrize("keep", ["PRESERVE", "NOT PRESERVE"])
@pytest.mark.parametrize("state", ["ENABLE", "DISABLE", "DISABLE ON SLAVE", "DISABLE ON REPLICA"])
def test_an_event_comes_out_disabled(keep, state) -> None:
    event = Definition(Thing.EVENT, "e", EVENT.format(keep, state))
    assert disabled(event).sql == EVENT.format(keep, "DISABLE")


def test_an_events_name_is_not_its_state() -> None:
    odd = EVENT.replace("`e`", "`ON COMPLETION PRESERVE ENABLE`")
    assert disabled(Definition(Thing.EVENT, "e", odd.format("PRESERVE", "ENABLE"))).sql == odd.format("PRESERVE", "DISABLE")


def test_an_event_that_cannot_be_disabled_is_not_made() -> None:
    with pytest.raises(Corrupt, match="event e says nowhere whether it is enabled"):
        disabled(Definition(Thing.EVENT, "e", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1"))
