"""Sets of GTIDs: arithmetic against plain Python sets, both flavours' words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import Corrupt
from workers.sources.mysql.logs.gtid import Gtids, contains, gathered, parse

A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "00000000-0000-0000-0000-000000000001"
MEMBERS = st.sets(st.tuples(st.sampled_from([A, B, f"{A}:tag"]), st.integers(1, 25)), max_size=30)


def made(members: set[tuple[str, int]]) -> Gtids:
    found: dict[str, list[tuple[int, int]]] = {}
    for source, number in members:
        found.setdefault(source, []).append((number, number))
    return gathered(found)


@given(MEMBERS, MEMBERS)
def test_the_arithmetic_is_that_of_sets(mine: set[tuple[str, int]], theirs: set[tuple[str, int]]) -> None:
    assert made(mine).union(made(theirs)) == made(mine | theirs)
    assert made(mine).minus(made(theirs)) == made(mine - theirs)
    assert made(mine).contains(made(theirs)) == (mine >= theirs)


@given(MEMBERS)
def test_a_set_comes_back_from_its_text(members: set[tuple[str, int]]) -> None:
    assert parse(str(made(members))) == made(members)


@given(st.dictionaries(st.sampled_from(["0-1", "0-2", "7-1"]), st.integers(1, 9)), st.dictionaries(st.just("0-1"), st.integers(1, 9)))
def test_a_position_of_mariadb_stands_for_everything_before_it(mine: dict[str, int], theirs: dict[str, int]) -> None:
    texts = [",".join(f"{source}-{number}" for source, number in found.items()) for found in (mine, theirs)]
    assert contains(*texts) == all(mine.get(source, 0) >= number for source, number in theirs.items())


def test_touching_and_overlapping_intervals_are_one() -> None:
    assert str(parse(f"{A}:4-9:1-3:5-12:20")) == f"{A}:1-12:20"


def test_capitals_blanks_and_line_ends_as_servers_print_them_make_no_difference() -> None:
    assert parse(f"{A.upper()}:1-5,\n{B}:7") == parse(f"{B}:7,{A}:1-5")


def test_tags_are_sources_of_their_own() -> None:
    found = parse(f"{A}:1-3:tag:1:other:4-5")
    assert found.contains(parse(f"{A}:tag:1"))
    assert not found.contains(parse(f"{A}:tag:2"))


def test_the_set_of_a_mariadb_server_is_written_as_it_writes_it() -> None:
    assert str(parse("7-1-3,0-10-42")) == "0-10-42,7-1-3"
    assert not parse("0-10-0")


def test_no_transaction_is_the_empty_set() -> None:
    assert not parse("")
    assert str(parse("")) == ""


@pytest.mark.parametrize("text", ["x", f"{A}", f"{A}:", f"{A}:0-3", f"{A}:5-3", "0-1", f"{A}:1-2-3", "0-1-2-3", f"{A}:Ü:1"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(Corrupt):
        parse(text)
