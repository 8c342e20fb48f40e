"""Ranges of keys of every kind: each row in exactly one, about equally many in each, and the data equal after a restore."""

import pytest

from workers.sources.mysql import ranges, shares
from workers.sources.mysql.definitions import Table, read_tables
from workers.sources.mysql.ranges import conditions

NUMBERS = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
KEYS = {
    "number": ("k INT, PRIMARY KEY (k)", "i - 400"),
    "unsigned": ("k BIGINT UNSIGNED, PRIMARY KEY (k)", "18446744073709551615 - i"),
    "sparse": ("k BIGINT, PRIMARY KEY (k)", "i * i * i * i * 1000"),
    "skewed": ("k BIGINT, PRIMARY KEY (k)", "IF(i < 890, i, i * 1000000000)"),
    "composite": ("k INT, l CHAR(1), m DATE, PRIMARY KEY (k, l, m)", "i MOD 2, CHAR(97 + i MOD 3), DATE('2020-01-01') + INTERVAL i DAY"),
    "korean": ("k VARCHAR(50), PRIMARY KEY (k)", "CONCAT('회원 ''\\\\', i)"),
    "latin": ("k VARCHAR(50) CHARACTER SET latin1, PRIMARY KEY (k)", "CONCAT('Stra\u00dfe ', i)"),
    "binary": ("k VARBINARY(32), PRIMARY KEY (k)", "UNHEX(SHA2(i, 256))"),
    "decimal": ("k DECIMAL(20,5), PRIMARY KEY (k)", "-i / 7"),
    "moment": ("k TIMESTAMP(6), PRIMARY KEY (k)", "TIMESTAMP('2024-01-01') + INTERVAL i * 7001 SECOND"),
    "half": ("k INT, f DOUBLE, PRIMARY KEY (k, f)", "i, i / 3"),
    "`순서``x`": ("`번호 ``n` INT, PRIMARY KEY (`번호 ``n`)", "i"),
}


def _table(ground, name: str, kind: str) -> Table:
    columns, values = KEYS[kind]
    sql_name = kind if kind.startswith("`") else f"`{kind}`"
    ground.client(
        name,
        f"SET NAMES utf8mb4; CREATE TABLE {sql_name} ({columns}); INSERT INTO {sql_name} {NUMBERS} SELECT {values} FROM n;"
        f"ANALYZE TABLE {sql_name}".encode(),
    )
    with ground.session(name) as session:
        return read_tables(ground.target(name), session)[0]


@pytest.mark.parametrize("kind", KEYS)
def test_every_row_is_in_one_range_and_none_is_much_larger(ground, kind: str) -> None:
    name = ground.database()
    table = _table(ground, name, kind)
    quoted = table.name.replace("`", "``")
    with ground.session(name) as session:
        found = conditions(session, table, 3)
    counts = [ground.execute(f"SELECT COUNT(*) FROM `{quoted}` WHERE {condition}", database=name)[0][0] for condition in found]
    assert (len(counts), sum(counts)) == (3, 900)
    assert max(counts) < 600


def test_a_database_cut_into_ranges_comes_back_equal(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "_WORTH", 0)
    monkeypatch.setattr(shares, "_SLACK", 0)
    name = ground.database()
    for kind in KEYS:
        _table(ground, name, kind)
    dumped = ground.dump(ground.target(name), streams=30)
    assert dumped.text("data").count("-- WHERE:") > 12
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)


@pytest.mark.parametrize("key", ["", ", PRIMARY KEY (e)", ", PRIMARY KEY (f)", ", PRIMARY KEY (b)", ", PRIMARY KEY (t(3))"])
def test_a_table_without_a_key_to_cut_by_stays_whole(ground, key: str) -> None:
    name = ground.database(f"CREATE TABLE t (e ENUM('a','b'), f DOUBLE, b BIT(9), t TEXT{key})")
    with ground.session(name) as session:
        assert conditions(session, Table("t", "InnoDB", False, 100, 100), 2) == ()


def test_an_empty_table_stays_whole_whatever_the_estimate(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    with ground.session(name) as session:
        assert conditions(session, Table("t", "InnoDB", False, 100, 100), 2) == ()


def test_keys_too_long_for_an_option_file_leave_the_table_whole(ground) -> None:
    name = ground.database("CREATE TABLE t (k VARCHAR(700) PRIMARY KEY); INSERT INTO t VALUES (REPEAT('가', 700)), (REPEAT('나', 700))")
    with ground.session(name) as session:
        assert conditions(session, Table("t", "InnoDB", False, 2, 100), 2) == ()


def test_the_keys_of_a_huge_table_are_not_counted_but_spread(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "_COUNTED", 0)
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1), (900); CREATE TABLE w (k CHAR(9) PRIMARY KEY)")
    with ground.session(name) as session:
        assert conditions(session, Table("t", "InnoDB", False, 2, 100), 3) == ("`i` < 301", "(`i` >= 301) AND (`i` < 601)", "`i` >= 601")
        assert conditions(session, Table("w", "InnoDB", False, 2, 100), 3) == ()


def test_both_flavours_read_no_more_than_the_range(ground) -> None:
    name = ground.database()
    table = _table(ground, name, "composite")
    with ground.session(name) as session:
        first = conditions(session, table, 10)[0]
        words = "FORMAT=TRADITIONAL" if not ground.maria else ""
        assert "range" in ground.execute(f"EXPLAIN {words} SELECT * FROM composite WHERE {first}", database=name)[0]
