"""A printed table comes apart into its lines, and only what may go and come back is taken from it."""

import pytest

from workers.sources.mysql.printed import Foreign, printed

COLUMNS = "  `id` int NOT NULL AUTO_INCREMENT,\n  `a` int DEFAULT NULL,\n  `t` text COMMENT 'KEY `a` (`a`),',\n"
HEAD, TAIL = "CREATE TABLE `t` (\n", "\n) ENGINE=InnoDB\n/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 2 */"
PRIMARY = "  PRIMARY KEY (`id`,`a`)"
PLAIN = (
    "UNIQUE KEY `u` (`a`,`t`(10))",
    "KEY `odd ``name``` (`a` DESC) USING BTREE COMMENT 'it''s, (x)'",
    "KEY `hidden` (`a`) /*!80000 INVISIBLE */",
    "KEY `ignored` (`a`) IGNORED",
)
FOREIGN = "CONSTRAINT `f` FOREIGN KEY (`a`, `id`) REFERENCES `far`.`p``p` (`x`, `y`) ON DELETE CASCADE"


def _table(*lines: str, columns: str = COLUMNS, primary: str = PRIMARY) -> str:
    return HEAD + columns + ",\n".join([primary, *(f"  {line}" for line in lines)]) + TAIL


def test_keys_and_foreign_keys_go_and_all_else_stays() -> None:
    check = "CONSTRAINT `c` CHECK ((`a` > 0))"
    table = printed(_table(*PLAIN, "FULLTEXT KEY `words` (`t`)", FOREIGN, check))
    assert table is not None
    assert (table.keys, table.foreign, table.movable) == (PLAIN, (FOREIGN,), True)
    assert table.bare == _table("FULLTEXT KEY `words` (`t`)", check)


def test_a_foreign_key_names_where_it_points() -> None:
    table = printed(_table(FOREIGN))
    assert table is not None
    assert table.foreign_keys == (Foreign(FOREIGN, "f", "far", "p`p", ("x", "y")),)
    assert table.primary == ("id", "a")


@pytest.mark.parametrize(
    "line",
    [
        "KEY `made` ((lower(`t`)))",
        "SPATIAL KEY `where` (`p`)",
        "UNIQUE KEY `long` (`t`) USING HASH",
        "PERIOD FOR SYSTEM_TIME (`a`, `b`)",
        "UNIQUE KEY `x` (`a`,`p` WITHOUT OVERLAPS)",
        "VECTOR KEY `v` (`e`)",
    ],
)
def test_a_table_with_a_key_of_another_kind_keeps_them_all(line) -> None:
    table = printed(_table("KEY `a` (`a`)", line))
    assert table is not None
    assert not table.movable


def test_a_table_whose_rows_are_sorted_or_numbered_by_another_key_keeps_them_all() -> None:
    counted = printed(_table("KEY `a` (`a`)", primary="  PRIMARY KEY (`a`,`id`)"))
    unsorted = printed(HEAD + "  `a` int NOT NULL,\n  UNIQUE KEY `a` (`a`)" + TAIL)
    assert counted is not None
    assert unsorted is not None
    assert (counted.movable, unsorted.movable) == (False, False)


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE `t` (`i` int)", "CREATE TABLE `t` (\n  `i` int\n", "CREATE TABLE `t` (\n  `i` int AS ('a\nb')\n)"]
)
def test_what_is_printed_otherwise_is_left_alone(sql) -> None:
    assert printed(sql) is None
