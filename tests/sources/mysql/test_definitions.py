"""Definitions: complete, or the dump says what is missing."""

import pytest

from workers.errors import Permanent
from workers.sources.mysql.definitions import Definitions, Table, by_dependency, read_definitions
from workers.sources.mysql.script import Definition, Thing


def _read(ground, name: str):
    with ground.session(name) as session:
        return read_definitions(ground.target(name), session)


def test_rows_and_counters_do_not_change_the_fingerprint_and_columns_do(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY AUTO_INCREMENT)")
    before = _read(ground, name)
    ground.execute("INSERT INTO t VALUES (77)", database=name)
    assert _read(ground, name).fingerprint == before.fingerprint
    ground.execute("ALTER TABLE t COMMENT = 'x'", database=name)
    assert _read(ground, name).fingerprint != before.fingerprint
    assert before.changed(_read(ground, name)) == ("table t",)


@pytest.mark.parametrize(
    ("before", "after", "changed"), [("10:00", "10:00", ()), ("10:00", "10:01", ("table t",)), ("", "10:00", ()), ("10:00", "", ())]
)
def test_a_table_that_was_made_anew_is_a_change_and_a_server_that_does_not_say_when_is_none(before: str, after: str, changed) -> None:
    one, other = (Definitions((Table("t", "InnoDB", False, 0, 0, made=made),), (), (), ()) for made in (before, after))
    assert one.changed(other) == changed


def test_a_broken_view_is_a_warning_that_names_it_and_the_others_are_carried(ground) -> None:
    name = ground.database(
        "CREATE TABLE gone (i INT); CREATE VIEW bad AS SELECT i FROM gone; CREATE VIEW good AS SELECT 1 AS one; DROP TABLE gone;"
    )
    dumped = ground.dump(ground.target(name))
    assert "VIEW `good`" in dumped.text("post-data")
    assert [warning[:40] for warning in dumped.facts.warnings] == ["view bad is broken on the server and not"]


def test_a_view_on_a_database_that_is_gone_is_a_broken_one(ground) -> None:
    gone = ground.database("CREATE TABLE t (i INT)")
    name = ground.database(f"CREATE TABLE t (i INT); CREATE VIEW bad AS SELECT i FROM {gone}.t;")
    ground.execute(f"DROP DATABASE {gone}")
    dumped = ground.dump(ground.target(name))
    ground.execute(f"CREATE DATABASE {gone}")  # dropped again at the end
    assert [warning[:40] for warning in dumped.facts.warnings] == ["view bad is broken on the server and not"]


def test_views_name_no_database_so_that_they_can_be_restored_under_another(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT); CREATE VIEW v AS SELECT i FROM t;")
    assert name not in "".join(definition.sql for definition in _read(ground, name).later)


def test_views_come_after_what_they_read() -> None:
    views = [
        Definition(Thing.VIEW, "a", "CREATE VIEW `a` AS select 1 from (`d` join `c``x` on(`b`.`i` = 1))"),
        Definition(Thing.VIEW, "b", "CREATE VIEW `b` AS select 1 from `t`"),
        Definition(Thing.VIEW, "c`x", "CREATE VIEW `c``x` AS select `b`.`a` AS `a` from `x`.`b`"),
        Definition(Thing.VIEW, "d", "CREATE VIEW `d` AS select 1 from `c``x` `a`"),
    ]
    assert [view.name for view in by_dependency(views)] == ["b", "c`x", "d", "a"]


def test_views_in_a_seeming_circle_are_all_carried() -> None:
    views = [Definition(Thing.VIEW, "a", "from `b`"), Definition(Thing.VIEW, "b", "from `a`")]
    assert {view.name for view in by_dependency(views)} == {"a", "b"}


@pytest.mark.only("mariadb")
def test_a_sequence_goes_on_where_it_was(ground) -> None:
    name = ground.database("CREATE SEQUENCE s START 5 INCREMENT 3 CACHE 10; SELECT NEXTVAL(s); CREATE TABLE t (i INT DEFAULT NEXTVAL(s));")
    into = ground.load(ground.dump(ground.target(name)))
    theirs, mine = (ground.execute("SELECT next_not_cached_value FROM s", database=where) for where in (name, into))
    assert mine == theirs == [(35,)]


@pytest.mark.only("mariadb")
def test_history_of_a_versioned_table_is_a_warning(ground) -> None:
    name = ground.database(
        "CREATE TABLE t (i INT PRIMARY KEY, f FLOAT) WITH SYSTEM VERSIONING; INSERT INTO t VALUES (1, 1); UPDATE t SET i = 2;"
    )
    dumped = ground.dump(ground.target(name))
    assert dumped.facts.warnings == ("table t: its history (system versioning) is not carried",)
    assert ground.execute("SELECT i FROM t", database=ground.load(dumped)) == [(2,)]


def test_an_unknown_database_is_named(ground) -> None:
    with pytest.raises(Permanent, match=r"database 'nowhere' does not exist on .*; check `databases`"):
        ground.dump(ground.target("nowhere"))


def test_a_name_with_a_newline_is_refused(ground) -> None:
    name = ground.database("CREATE TABLE `a;\nb` (i INT)")
    with pytest.raises(Permanent, match=r"the name 'a;\\nb' holds a control character"):
        ground.dump(ground.target(name))
