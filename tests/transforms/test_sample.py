"""What is worth compressing."""

import os

import pytest

from workers.errors import Permanent
from workers.transforms.sample import PIECE, PIECES, compresses

MIB = 1 << 20


@pytest.mark.parametrize(
    ("parts", "worth"),
    [
        ([os.urandom(8 * MIB)], False),
        ([b"INSERT INTO posts VALUES (1, 'text');" * 100_000], True),
        ([os.urandom(7 * MIB), b"text" * (MIB // 4)], True),  # an eighth of it is text, at the end
        ([b"text" * (MIB // 4), os.urandom(7 * MIB)], True),
        ([os.urandom(2 * PIECES * PIECE - 1)], True),  # too small to tell
    ],
)
def test_a_file_is_worth_compressing_where_any_good_part_of_it_is(tmp_path, parts, worth):
    (tmp_path / "segment").write_bytes(b"".join(parts))
    assert compresses(tmp_path / "segment") is worth


def test_a_file_that_is_missing_is_told_by_its_name(tmp_path):
    with pytest.raises(Permanent, match=r"cannot read .*/segment: No such file"):
        compresses(tmp_path / "segment")
