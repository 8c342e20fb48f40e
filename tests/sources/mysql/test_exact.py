"""Corrections by the hundred set what they set one by one."""

import random
import struct

import pytest

from tests.sources.mysql.restoring import depart
from tests.sources.mysql.test_floats import KEYS, keyed
from workers.artifact import Role
from workers.sources.mysql.exact import batched

STATE = [b"SET NAMES utf8mb4", b"START TRANSACTION"]


def _updates(count: int, form: str = "UPDATE `t` SET `f` = {0}.5 WHERE `id` = {0}") -> list[bytes]:
    return [form.format(number).encode() for number in range(count)]


def test_updates_of_one_column_become_one_statement_of_doubles() -> None:
    (found,) = batched(_updates(2))
    assert found == b"UPDATE `t` SET `f` = CASE WHEN `id` = 0 THEN 0.5e0 WHEN `id` = 1 THEN 1.5e0 END WHERE `id` = 0 OR `id` = 1"


def test_a_statement_holds_a_hundred_rows_at_most() -> None:
    assert [found.count(b" THEN ") for found in batched(_updates(250))] == [100, 100, 50]


def test_what_is_no_correction_stays_between_those_before_and_after_it() -> None:
    found = list(batched([*STATE, *_updates(2), b"COMMIT", *STATE, *_updates(1), b"COMMIT"]))
    assert [words.split(b" ")[0] for words in found] == [b"SET", b"START", b"UPDATE", b"COMMIT", b"SET", b"START", b"UPDATE", b"COMMIT"]


def test_rows_whose_columns_differ_are_set_apart() -> None:
    other = b"UPDATE `t` SET `f` = 1e+30, `g` = -2.5 WHERE `id` = 9"
    one, two = batched([*_updates(1), other, *_updates(1, "UPDATE `t` SET `f` = 3 WHERE `id` = 3")])
    assert (one.count(b" THEN "), two.count(b" THEN ")) == (2, 2)
    assert b"THEN 1e+30" in two
    assert b"THEN -2.5e0" in two


def test_a_column_that_is_kept_is_kept() -> None:
    (found,) = batched(_updates(2, "UPDATE `t` SET `f` = 0.5, `at` = `at` WHERE `id` = {}"))
    assert b" END, `at` = `at` WHERE " in found


@pytest.mark.parametrize(
    "odd", [b"UPDATE `t` SET `f` = 1.5", b"UPDATE `t` SET `f` = NOW() WHERE `id` = 1", b"DELETE FROM `t` WHERE `id` = 1"]
)
def test_what_is_written_otherwise_is_passed_on_as_it_is(odd) -> None:
    assert list(batched([odd])) == [odd]


def test_names_may_hold_the_words_that_divide_the_statement() -> None:
    (found,) = batched([b"UPDATE `a SET ``b` SET `f = 1 WHERE ` = 0.5 WHERE `x` = 1 AND `y WHERE ` = '2'"])
    assert found == (
        b"UPDATE `a SET ``b` SET `f = 1 WHERE ` = CASE WHEN `x` = 1 AND `y WHERE ` = '2' THEN 0.5e0 END WHERE `x` = 1 AND `y WHERE ` = '2'"
    )


def test_thousands_of_floats_come_back_to_the_last_bit(ground) -> None:
    chosen = random.Random(11)
    values = [struct.unpack("f", struct.pack("I", chosen.randrange(0x00800000, 0x7F800000)))[0] for _ in range(1500)]
    values += [struct.unpack("f", struct.pack("f", number / 7))[0] for number in range(1500)]
    listed = ",".join(f"({n}, {value!r}, {-value!r}, {'NULL' if n % 3 else repr(value)})" for n, value in enumerate(values))
    columns = (
        "id INT PRIMARY KEY, f FLOAT, g FLOAT NOT NULL, h FLOAT, s TIMESTAMP DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP"
    )
    journey = depart(ground, f"CREATE TABLE t ({columns}); INSERT INTO t (id, f, g, h) VALUES {listed};")
    order = journey.order()
    journey.back(order)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)


def test_rows_are_found_by_any_kind_of_key(ground) -> None:
    journey = depart(ground, keyed())
    assert len(journey.of(Role.CORRECTION)) == 1
    order = journey.order()
    journey.back(order)
    found = ground.checksums(order.into)
    assert len(found) == len(KEYS)
    assert found == ground.checksums(journey.facts.place)
