"""What is asked of the benchmarks: every wrong word is told at once, with what there is."""

import re

import pytest

from tests.bench.asked import asked
from tests.bench.cases import CASES


def test_without_a_word_every_case_is_measured_on_mysql_in_three_pairs():
    wish = asked({})
    assert (wish.cases, wish.flavours, wish.rounds, wish.size) == (CASES, ("mysql",), 3, 512e6)


def test_every_wrong_word_is_told_at_once_with_what_there_is():
    with pytest.raises(SystemExit) as told:
        asked({"ONLY": "mysql.ful", "FLAVOUR": "maria", "BENCH_SIZE": "big", "ROUNDS": "0", "SEGMENTS": "-5"})
    words = str(told.value)
    assert re.findall(r"^[A-Z_]+", words, re.MULTILINE) == [
        "ONLY",
        "FLAVOUR",
        "BENCH_SIZE",
        "ROUNDS",
        "SEGMENTS",
    ]
    assert 'did you mean "mysql.full"?' in words
    assert 'did you mean "mariadb"?' in words


@pytest.mark.parametrize(("text", "size"), [("512MB", 512e6), ("1.7GB", 1.7e9), ("4 gb", 4e9)])
def test_a_size_is_in_megabytes_or_gigabytes(text, size):
    assert asked({"BENCH_SIZE": text}).size == pytest.approx(size)
    assert asked({"BENCH_SIZE": text}).scale == pytest.approx(size / 200e6)


@pytest.mark.parametrize("text", ["0GB", "-1GB", "1.7", "nanGB", "infGB", "900GB", "", "1e3GB"])
def test_a_size_that_means_nothing_is_refused(text):
    with pytest.raises(SystemExit, match="is no size"):
        asked({"BENCH_SIZE": text})


def test_cases_that_are_picked_run_once_and_in_the_order_of_the_table():
    assert asked({"ONLY": "celery.segment, mysql.full,mysql.full"}).cases == ("mysql.full", "celery.segment")


def test_both_flavours_can_be_asked_for():
    assert asked({"FLAVOUR": "both"}).flavours == ("mysql", "mariadb")
