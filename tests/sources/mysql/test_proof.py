"""What a restored database holds is looked at, not assumed."""

from dataclasses import replace

from tests.sources.mysql.restoring import depart
from workers.artifact import Count
from workers.sources.mysql import proof
from workers.sources.mysql.script import Definition, Thing

PARENT = (
    "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); "
    "CREATE TABLE c (x INT, y INT, CONSTRAINT two FOREIGN KEY (x, y) REFERENCES p (a, b));"
)


def _tables(*names: str) -> list[Definition]:
    return [Definition(Thing.TABLE, name, "") for name in names]


def test_every_table_is_counted_in_the_order_asked(ground) -> None:
    names = [f"t{number}" for number in range(7)]
    name = ground.database(
        "".join(f"CREATE TABLE {n} (i INT); INSERT INTO {n} VALUES {','.join(['(1)'] * (i + 1))};" for i, n in enumerate(names))
    )
    assert proof.counts(ground.server, name, _tables(*names)) == tuple(Count(n, i + 1) for i, n in enumerate(names))


def test_keys_of_several_columns_are_compared_as_one(ground) -> None:
    rows = "INSERT INTO p VALUES (1, 1), (2, 2); SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 1), (1, 2), (NULL, 9), (9, NULL);"
    name = ground.database(PARENT + rows)
    assert proof.orphans(ground.server, name) == ("foreign key two: 1 rows of c point to no row of p",)


def test_a_parent_in_a_database_that_is_not_here_is_a_warning(ground) -> None:
    far = ground.database("CREATE TABLE p (i INT PRIMARY KEY)")
    journey = depart(ground, f"CREATE TABLE c (i INT, CONSTRAINT away FOREIGN KEY (i) REFERENCES {far}.p (i))")
    ground.execute("SET foreign_key_checks = 0", f"DROP DATABASE {far}")
    warnings = journey.back(journey.order()).warnings
    assert warnings == (f"foreign key away: c points to {far}.p, which is not on this server",)


def test_a_database_without_foreign_keys_has_no_orphans(ground) -> None:
    assert proof.orphans(ground.server, ground.database("CREATE TABLE t (i INT)")) == ()


def test_a_newer_server_that_prints_a_table_otherwise_is_a_warning(ground) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT)")
    other = [Definition(Thing.TABLE, "t", "CREATE TABLE `t` (`i` int(11))")]
    order = journey.order(journey.facts.place)
    older = replace(order, facts=replace(order.facts, version="5.1.1"))
    (warning,) = proof.definitions(journey.server, older, other)
    assert warning.startswith("table t: ")
    assert "prints its definition otherwise" in warning
