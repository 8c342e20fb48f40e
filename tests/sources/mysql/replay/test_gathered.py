"""The names of many transactions as one text."""

from workers.sources.mysql.replay.gathered import Gathered


def gathered(*names: str) -> str:
    found = Gathered()
    for name in names:
        found.add(name)
    return found.text


def test_numbers_one_after_another_become_one_span() -> None:
    assert gathered("a:1", "a:2", "a:3", "a:7", "b:1", "a:8") == "a:1-3:7-8,b:1"


def test_a_tag_is_part_of_the_source() -> None:
    assert gathered("a:1", "a:nightly:1", "a:nightly:2") == "a:1,a:nightly:1-2"


def test_of_each_domain_of_mariadb_the_last_one_counts() -> None:
    assert gathered("0-1-5", "1-1-2", "0-2-6") == "0-2-6,1-1-2"


def test_what_has_no_name_is_in_no_set() -> None:
    assert gathered("", "") == ""
