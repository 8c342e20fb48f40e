"""Where a restore goes: looked at first, and refused in words that say what would work."""

import re

import pytest

from tests.sources.mysql.restoring import big, depart
from workers.artifact import Count
from workers.errors import Permanent, Refused
from workers.ports import Place
from workers.sources.mysql import place as places

ONE = "CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1);"


@pytest.mark.parametrize(
    "name",
    ["", "mysql", "SYS", "Information_Schema", "performance_schema", "a/b", "a\\b", "a.b", "end ", "x" * 65, "a\nb", "💾", "#mysql50#a"],
)
def test_a_name_that_no_restore_may_use_is_refused(ground, name) -> None:
    with pytest.raises(Refused, match="cannot be the name of a restored database; give another with into="):
        places.place(ground.server, name)


def test_a_place_that_is_not_there_is_empty(ground) -> None:
    assert places.place(ground.server, "nowhere") == Place("nowhere", exists=False, empty=True)


def test_a_name_in_other_letters_is_another_place(ground) -> None:
    name = ground.database()
    assert not places.place(ground.server, name.upper()).exists


@pytest.mark.parametrize(
    "object_",
    [
        "CREATE TABLE t (i INT)",
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
    ],
)
def test_a_place_that_holds_anything_is_not_empty(ground, object_) -> None:
    name = ground.database()
    assert places.place(ground.server, name).empty
    ground.execute(object_, database=name)
    assert not places.place(ground.server, name).empty


def test_rows_that_came_a_moment_ago_are_in_the_estimate(ground) -> None:
    name = ground.database("CREATE TABLE big (i INT)")
    assert places.place(ground.server, name).rows < 10
    ground.client(name, big(20).replace("CREATE TABLE big (i INT, t TEXT);", "ALTER TABLE big ADD t TEXT;").encode())
    assert places.place(ground.server, name).rows > 1000


def test_a_live_database_is_refused_in_words_that_say_what_would_work(ground) -> None:
    journey = depart(ground, ONE)
    name = journey.facts.place
    with pytest.raises(Refused, match=f'"{name}" exists on .* and holds about . rows; over it: confirm .*; into a new name: into=') as told:
        journey.prepare(journey.order(name))
    assert f"{name}_restored" in told.value.reason
    assert ground.execute("SELECT i FROM t", database=name) == [(1,)]


def test_a_confirmed_live_database_is_replaced(ground) -> None:
    journey = depart(ground, ONE)
    ground.execute("CREATE TABLE newer (i INT)", "DELETE FROM t", database=journey.facts.place)
    journey.back(journey.order(journey.facts.place, confirm="community"))
    assert ground.execute("SHOW TABLES", database=journey.facts.place) == [("t",)]
    assert ground.execute("SELECT i FROM t", database=journey.facts.place) == [(1,)]


@pytest.mark.parametrize("confirm", ["community", None], ids=["named otherwise", "named like the target"])
def test_confirming_the_target_does_not_open_another_database(ground, confirm) -> None:
    journey, other = depart(ground, ONE), ground.database("CREATE TABLE theirs (i INT)")
    with pytest.raises(Refused, match=f'"{other}" exists'):
        journey.prepare(journey.order(other, confirm=confirm or other))
    assert ground.execute("SHOW TABLES", database=other) == [("theirs",)]


def test_what_an_unfinished_restore_left_is_named_as_such(ground) -> None:
    journey = depart(ground, ONE)
    order = journey.order()
    journey.prepare(order)
    with pytest.raises(Refused, match=f"left by a restore that did not end; where nobody needs it: DROP DATABASE `{order.into}`;"):
        journey.prepare(order)


def test_an_empty_database_is_used_as_it_is(ground) -> None:
    journey, into = depart(ground, ONE), ground.database()
    ground.execute(f"ALTER DATABASE {into} CHARACTER SET latin1")
    journey.back(journey.order(into))
    assert ground.execute("SELECT @@character_set_database", database=into) == [("utf8mb4",)]


@pytest.mark.parametrize("version", ["99.0.1", "10.999.0-MariaDB"])
def test_a_backup_of_a_newer_server_is_refused_with_both_versions(ground, version) -> None:
    journey = depart(ground, ONE)
    if version.startswith("10.") and not ground.maria:
        version = "9.999.0"
    with pytest.raises(Refused, match=f"is of .* {version}, newer than the server at .*{re.escape(ground.server.version)}"):
        journey.prepare(journey.order(version=version))


def test_a_backup_of_the_other_flavour_is_refused(ground) -> None:
    journey = depart(ground, ONE)
    other = "mysql" if ground.maria else "mariadb"
    with pytest.raises(Refused, match=f"neither reads the other's dumps; restore it on a {other} server"):
        journey.prepare(journey.order(flavour=other))


def test_a_server_that_would_change_the_tables_names_is_refused(ground) -> None:
    journey = depart(ground, ONE)
    extras = (("lower_case_table_names", "2"),)
    with pytest.raises(Refused, match=r"lower_case_table_names = 0, .* table Posts would not keep its name"):
        journey.prepare(journey.order(extras=extras, counts=(Count("Posts", 1),)))
    journey.prepare(journey.order(extras=extras))


def test_a_database_that_cannot_be_made_is_told_with_the_grant(ground) -> None:
    journey = depart(ground, ONE)
    server = ground.target(journey.facts.place, ground.account("SELECT ON *.*"))
    with pytest.raises(Permanent, match=r"Access denied .*paste as an administrator: GRANT"):
        places.make(server, journey.order())
