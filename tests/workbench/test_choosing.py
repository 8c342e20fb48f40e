"""What an operator may choose of a backup, and what is said where the backup does not have it."""

from dataclasses import replace

import pytest

from tests.catalog.samples import DATA, FACTS, FULL
from workers.artifact import Count, Order, Role
from workers.bench import choosing
from workers.bench.choosing import Choice, choice
from workers.errors import Refused

ORDER = Order(FULL.id, "community", "restored", FACTS)
WHOLE = replace(FULL, segments=(*FULL.segments, replace(DATA, role=Role.ACCOUNTS), replace(DATA, role=Role.POST_DATA)))


def test_an_empty_list_of_tables_never_means_all_of_them() -> None:
    with pytest.raises(Refused, match="names no table"):
        choice(tables=[])


def test_a_table_that_is_named_twice_is_wanted_once() -> None:
    assert choice(tables=["users", "posts", "users"]).tables == ("users", "posts")


@pytest.mark.parametrize("odd", ["nobody", "@%", "old@", ""])
def test_what_is_no_account_cannot_be_mapped_nor_mapped_to(odd: str) -> None:
    for pair in ({odd: "new@%"}, {"old@%": odd}):
        with pytest.raises(Refused, match=f'"{odd}" is no account'):
            choice(definers=pair)


def test_a_word_that_is_none_of_the_two_for_definers_is_refused() -> None:
    with pytest.raises(Refused, match='"drop" is neither "keep" nor "make"'):
        choice(definers="drop")


def test_making_definers_brings_their_accounts_and_all_accounts_bring_all() -> None:
    assert [choice(definers="make").accounts, choice(accounts=True).accounts, choice().accounts] == ["definers", "all", ""]


def test_a_choice_reads_as_it_was_typed() -> None:
    assert choice(["게시글"], {"a@%": "b@%"}, accounts=True).typed == ', tables=["게시글"], definers={"a@%": "b@%"}, accounts=True'
    assert choice(definers="make").typed == ', definers="make"'
    assert Choice().typed == ""


def test_accounts_and_definers_are_refused_of_a_backup_that_carries_none() -> None:
    for wanted, words in ((choice(accounts=True), "carries no accounts"), (choice(definers={"a@%": "b@%"}), "holds no views or programs")):
        with pytest.raises(Refused, match=words):
            choosing.ordered(FULL, wanted, ORDER)


def test_the_order_says_what_was_chosen() -> None:
    found = choosing.ordered(WHOLE, choice(["users"], {"a@%": "b@%"}, accounts=True), ORDER)
    assert (found.objects, found.definers, found.accounts) == (("users",), (("a@%", "b@%"),), "all")


def test_a_table_that_the_backup_does_not_have_is_refused_with_the_one_that_was_meant() -> None:
    choosing.known(FULL, choice(["게시글"]))
    with pytest.raises(Refused, match=r'no table "usres"; did you mean "?users.*\(tables: users, 게시글\)'):
        choosing.known(FULL, choice(["usres"]))


def test_of_many_tables_a_refusal_names_some_and_counts_the_rest() -> None:
    many = replace(FULL, facts=replace(FACTS, counts=tuple(Count(f"t{number:02}", 1) for number in range(20))))
    with pytest.raises(Refused, match="t11 and 8 more"):
        choosing.known(many, choice(["x"]))


def test_a_table_that_is_gone_in_another_backup_is_left_out() -> None:
    assert choosing.still_there(FULL, ("gone", "users")) == ("users",)


def test_rows_are_told_as_estimates_where_one_of_them_is() -> None:
    assert choosing.rows(ORDER) == "about 1,205 rows"
    assert choosing.rows(replace(ORDER, objects=("users",))) == "1,200 rows"


def test_what_becomes_of_accounts_is_said_before_anything_is_done() -> None:
    mapped, made = choosing.accounts(replace(ORDER, definers=(("a@%", "b@%"),), accounts="all"))
    assert mapped == "views and programs of a@% run as b@%"
    assert made.startswith("all that the backup carries and that are not there are made")
    assert choosing.accounts(ORDER) == ()
