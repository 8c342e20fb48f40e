"""FLOAT values come back to the last bit, and nothing else of their rows changes."""

import random
import struct

import pytest

from workers.sources.mysql import floats
from workers.sources.mysql.floats import FloatTable, float_tables, without_key
from workers.sources.mysql.literals import Column

KEYS = {
    "b BIGINT": "-9223372036854775808",
    "d DECIMAL(30,10)": "1.0000000001",
    "s VARCHAR(50)": "'한''\\\\ 👍'",
    "s VARCHAR(50) CHARACTER SET latin1": "'Gr\u00fc\u00dfe'",
    "s CHAR(5)": "''",
    "x VARBINARY(10)": "X'00FF27'",
    "x BINARY(4)": "X'01'",
    "t DATETIME(6)": "'2026-11-22 14:30:00.123456'",
    "t TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3)": "'2026-11-22 14:30:00.123'",
    "t TIME(6)": "'-838:59:59'",
    "e ENUM('a','한')": "'한'",
    "t BIT(20)": "b'10100000000000000001'",
    "y YEAR": "2026",
    "`키``'x` INT": "5",
    "a INT, q VARCHAR(9)": "7, 'q'",
}


def keyed() -> str:
    """A table for each kind of key, with one row whose FLOAT six digits do not tell."""
    names = {"a INT, q VARCHAR(9)": "a, q"}
    return "".join(
        f"CREATE TABLE k{number} ({key}, f FLOAT, PRIMARY KEY ({names.get(key, key.partition(' ')[0])}));"
        f"INSERT INTO k{number} VALUES ({value}, 1.2345678);"
        for number, (key, value) in enumerate(KEYS.items())
    )


def test_thousands_of_floats_are_equal_to_the_last_bit(ground) -> None:
    chosen = random.Random(7)
    values = [struct.unpack("f", struct.pack("I", chosen.randrange(0x00800000, 0x7F800000)))[0] for _ in range(2500)]
    listed = ",".join(f"({n}, {value!r}, {-value!r})" for n, value in enumerate(values))
    name = ground.database(f"CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, g FLOAT NOT NULL); INSERT INTO t VALUES {listed};")
    dumped = ground.dump(ground.target(name))
    assert dumped.text("correction").count("START TRANSACTION") == 3
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)


@pytest.mark.parametrize("key", ["INT", "DECIMAL(9,3)", "VARCHAR(20)", "VARBINARY(20)"])
@pytest.mark.parametrize("longest", [1 << 20, 2000], ids=["page by page", "row by row where a page is too long"])
def test_a_big_table_is_read_page_by_page_and_comes_back_equal(ground, monkeypatch, key: str, longest: int) -> None:
    monkeypatch.setattr(floats, "_PAGE", 100)
    monkeypatch.setattr(floats, "_LONGEST", longest)
    listed = ",".join(f"({n}, 1, {n % 3 and n / 7!r})" for n in range(1000, 2500))
    name = ground.database(f"CREATE TABLE t (k {key}, m INT, f FLOAT, PRIMARY KEY (k, m)); INSERT INTO t VALUES {listed}; ANALYZE TABLE t;")
    dumped = ground.dump(ground.target(name))
    assert dumped.text("correction").count("START TRANSACTION") > 5
    assert dumped.text("correction").count("UPDATE `t`") > 800
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)


def test_a_row_is_found_by_any_kind_of_key(ground) -> None:
    name = ground.database(keyed())
    dumped = ground.dump(ground.target(name))
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)
    assert dumped.text("correction").count("UPDATE `k") == len(KEYS)


def test_only_values_that_six_digits_lose_are_carried(ground) -> None:
    name = ground.database(
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT); INSERT INTO t VALUES (1, 0.1), (2, 12.34), (3, NULL), (4, 16777215);"
    )
    assert ground.dump(ground.target(name)).text("correction").count("UPDATE") == 1


def test_a_correction_moves_no_timestamp(ground) -> None:
    name = ground.database(
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, s TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
        " u DATETIME(3) NULL ON UPDATE CURRENT_TIMESTAMP(3)); INSERT INTO t VALUES (1, 1.2345678, '2001-02-03 04:05:06', NULL);"
    )
    assert ground.checksums(ground.load(ground.dump(ground.target(name)))) == ground.checksums(name)


def test_a_float_with_digits_of_its_own_comes_back_equal(ground) -> None:
    name = ground.database(
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT(9,4), u FLOAT UNSIGNED); INSERT INTO t VALUES (1, 12345.6789, 1e-40);"
    )
    assert ground.checksums(ground.load(ground.dump(ground.target(name)))) == ground.checksums(name)


def test_a_table_without_a_usable_key_is_a_warning_that_names_it(ground) -> None:
    name = ground.database("CREATE TABLE t (f FLOAT); INSERT INTO t VALUES (1.2345678);")
    dumped = ground.dump(ground.target(name))
    assert "correction" not in dumped.parts
    assert dumped.facts.warnings == (
        "table t: no usable primary key, so its FLOAT columns (f) come back with six digits; use DOUBLE or add a key",
    )


def test_a_generated_float_follows_by_itself(ground) -> None:
    name = ground.database(
        "CREATE TABLE t (id INT PRIMARY KEY, d DOUBLE, f FLOAT AS (d) STORED); INSERT INTO t (id, d) VALUES (1, 1.2345678);"
    )
    with ground.session(name) as session:
        assert float_tables(session, ["t"]) == []
    assert ground.checksums(ground.load(ground.dump(ground.target(name)))) == ground.checksums(name)


def test_a_float_in_the_key_finds_no_row() -> None:
    table = FloatTable("t", (Column("id", "int", "", 1), Column("f", "float", "", 2)))
    assert len(without_key([table])) == 1
