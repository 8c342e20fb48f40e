"""Definers are read and changed where the server prints them, and nowhere else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.samples import FACTS
from tests.sources.mysql.restoring import depart
from workers.artifact import Order
from workers.sources.mysql.definers import definer, mapped
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.script import Definition, Thing

NAMES = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1, max_size=16)
OBJECTS = """
CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1);
CREATE DEFINER=`{old}`@`%` VIEW v AS SELECT id, 'DEFINER=`{old}`@`%` ' AS text FROM posts;
CREATE DEFINER=`{old}`@`%` SQL SECURITY INVOKER VIEW i AS SELECT id FROM posts;
CREATE DEFINER=`{old}`@`%` FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1;
CREATE DEFINER=`{old}`@`%` TRIGGER t AFTER INSERT ON posts FOR EACH ROW SET @x = 1;
CREATE DEFINER=`{old}`@`%` EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM posts;
"""
DEFINERS = (
    "SELECT definer FROM information_schema.views WHERE table_schema = '{0}' UNION ALL"
    " SELECT definer FROM information_schema.routines WHERE routine_schema = '{0}' UNION ALL"
    " SELECT definer FROM information_schema.triggers WHERE trigger_schema = '{0}' UNION ALL"
    " SELECT definer FROM information_schema.events WHERE event_schema = '{0}'"
)


@given(NAMES, NAMES)
def test_any_name_is_read_back_and_replaced(user: str, host: str) -> None:
    found = Definition(
        Thing.VIEW, "v", f"CREATE ALGORITHM=UNDEFINED DEFINER={quoted(user)}@{quoted(host)} SQL SECURITY DEFINER VIEW `v` AS select 1"
    )
    assert definer(found) == f"{user}@{host}"
    order = Order("B", "a", "b", FACTS, definers=((f"{user}@{host}", "new@localhost"),))
    (changed,) = mapped([found], order)
    assert definer(changed) == "new@localhost"
    assert changed.sql.endswith(" SQL SECURITY DEFINER VIEW `v` AS select 1")


def test_what_has_no_definer_or_another_one_stays_as_it_is() -> None:
    order = Order("B", "a", "b", FACTS, definers=(("old@%", "new@%"),))
    for sql in ("CREATE TABLE `t` (c int) COMMENT 'DEFINER=`old`@`%` '", "CREATE DEFINER=`other`@`%` FUNCTION `f`() RETURNS int RETURN 1"):
        assert mapped([found := Definition(Thing.FUNCTION, "f", sql)], order) == [found]
    assert definer(found) == "other@%"
    assert definer(replace(found, sql="CREATE DEFINER=`a_role` FUNCTION f() RETURNS int RETURN 1")) == "a_role"


def test_every_kind_of_object_comes_back_under_the_account_it_was_mapped_to(ground) -> None:
    old, new = ground.account("SELECT ON *.*"), ground.account("SELECT ON *.*")
    journey = depart(ground, OBJECTS.format(old=old))
    order = replace(journey.order(), definers=((f"{old}@%", f"{new}@%"),))
    journey.back(order)
    assert ground.execute(DEFINERS.format(order.into)) == [(f"{new}@%",)] * 5
    assert ground.execute("SELECT text FROM v", database=order.into) == [(f"DEFINER=`{old}`@`%` ",)]
