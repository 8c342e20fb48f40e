"""What an operator typed for a restore, told back in the same words."""

from workers.artifact import Statement
from workers.bench.choosing import Choice
from workers.bench.wishes import Wish


def test_a_wish_names_the_moments_that_it_was_given() -> None:
    assert Wish("community").moments == ()
    assert Wish("community", at="14:30", position="binlog.000007:4").moments == ("at", "position")


def test_a_wish_reads_as_it_was_typed_behind_its_place() -> None:
    wish = Wish("community", backup="20261122T120000Z-full-9f3a11c2", into="x", gtid="uuid:5", choice=Choice(("users",)))
    assert wish.typed == ', backup="20261122T120000Z-full-9f3a11c2", gtid="uuid:5", tables=["users"]'


def test_a_statement_that_was_found_is_not_written_out_again() -> None:
    found = Statement.__new__(Statement)  # only what is no text matters here
    wish = Wish("community", before=found)
    assert (wish.moments, wish.typed) == (("before",), "")
