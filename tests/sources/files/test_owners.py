"""Owners by name, and by number where this host does not know the name."""

from workers.sources.files import owners

NOBODY_HAS = 4_000_000_000


def test_the_name_of_root_leads_to_its_number_and_back() -> None:
    assert (owners.user(0), owners.group(0)) == ("root", "root")
    assert (owners.uid("root", 7), owners.gid("root", 7)) == (0, 0)


def test_a_number_that_nobody_has_has_no_name() -> None:
    assert (owners.user(NOBODY_HAS), owners.group(NOBODY_HAS)) == ("", "")


def test_where_the_name_is_unknown_or_was_never_told_the_recorded_number_is_taken() -> None:
    assert (owners.uid("nobody-of-this-host", 1234), owners.gid("nobody-of-this-host", 1234)) == (1234, 1234)
    assert (owners.uid("", 1234), owners.gid("", 1234)) == (1234, 1234)
