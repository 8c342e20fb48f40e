"""Literals: the text that the server writes for a value finds the very row again."""

import pytest

from workers.sources.mysql.literals import Column, literal

VALUES = {
    "BIGINT UNSIGNED": "18446744073709551615",
    "DECIMAL(30,10)": "-0.0000000001",
    "YEAR": "2026",
    "BIT(64)": "b'1000000000000000000000000000000000000000000000000000000000000001'",
    "DATETIME(6)": "'2026-11-22 14:30:00.123456'",
    "TIME(6)": "'-838:59:58.000001'",
    "VARBINARY(20)": "X'00FF0A275C'",
    "VARCHAR(20)": "'한''\\\\ 👍'",
    "VARCHAR(20) CHARACTER SET latin1": "'Grüße'",
    "VARCHAR(20) CHARACTER SET euckr": "'안녕'",
    "ENUM('a''b','한')": "'한'",
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_literal_finds_its_row_and_no_other(ground, kind: str) -> None:
    name = ground.database(f"CREATE TABLE t (id INT PRIMARY KEY, v {kind}); INSERT INTO t VALUES (1, {VALUES[kind]}), (2, NULL)")
    column = Column("v", kind.partition("(")[0].partition(" ")[0].lower(), "", 0)
    [(text,)] = ground.execute(f"SELECT {literal(column)} FROM t WHERE id = 1", database=name)
    assert ground.execute(f"SELECT id FROM t WHERE v = {text}", database=name) == [(1,)]


@pytest.mark.parametrize("kind", ["float", "double", "geometry", "json"])
def test_kinds_that_no_literal_finds_for_certain_have_none(kind: str) -> None:
    assert literal(Column("v", kind, "", 0)) == ""
