import pytest

from workers.errors import Permanent
from workers.sources.mysql.logs.position import after, number


def test_the_next_file_has_the_next_number_in_as_many_digits() -> None:
    assert after("bin.000009") == "bin.000010"
    assert after("db1.log.0000099") == "db1.log.0000100"


def test_the_number_grows_a_digit_where_it_must() -> None:
    assert after("bin.999999") == "bin.1000000"


def test_files_are_ordered_by_number_and_not_by_letters() -> None:
    assert sorted(["bin.1000000", "bin.999999"], key=number) == ["bin.999999", "bin.1000000"]


@pytest.mark.parametrize("name", ["bin", "bin.", "bin.index", "000001", ""])
def test_a_file_without_a_number_is_no_log(name: str) -> None:
    with pytest.raises(Permanent, match="not the name of a binary log"):
        after(name)
