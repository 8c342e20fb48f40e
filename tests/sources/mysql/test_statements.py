"""A segment comes apart into exactly its statements."""

from pathlib import Path

import pytest

from workers.errors import Corrupt
from workers.sources.mysql.statements import only, statements


def _of(folder: Path, text: bytes) -> list[bytes]:
    path = folder / "segment"
    path.write_bytes(text)
    return list(statements(path))


def test_statements_come_without_their_semicolons_in_order(tmp_path) -> None:
    assert _of(tmp_path, b"SET NAMES binary;\nINSERT INTO `t` VALUES (1);\n") == [b"SET NAMES binary", b"INSERT INTO `t` VALUES (1)"]


def test_a_statement_of_several_lines_stays_one(tmp_path) -> None:
    text = b"INSERT INTO `t` VALUES\n(1,'a;'),\n(2,'b')"
    assert _of(tmp_path, text + b";\n") == [text]


def test_semicolons_and_dashes_inside_literals_end_and_hide_nothing(tmp_path) -> None:
    text = rb"INSERT INTO `t` VALUES ('a;\nb -- c;','--\n')"
    assert _of(tmp_path, text + b";\n") == [text]


def test_comments_and_blank_lines_in_front_are_no_part_of_a_statement(tmp_path) -> None:
    assert _of(tmp_path, b"\n--\n-- Dumping data for table `t`\n--\n\nINSERT INTO `t` VALUES (1);\n\n-- end") == [
        b"INSERT INTO `t` VALUES (1)"
    ]


def test_an_empty_segment_and_one_of_comments_hold_nothing(tmp_path) -> None:
    assert (_of(tmp_path, b""), _of(tmp_path, b"\n-- nothing\n")) == ([], [])


@pytest.mark.parametrize("end", [b"INSERT INTO `t` VALUES (2", b"INSERT INTO `t` VALUES (2)", b"INSERT INTO `t` VALUES (2);"])
def test_a_segment_that_ends_inside_a_statement_is_damaged(tmp_path, end) -> None:
    with pytest.raises(Corrupt, match="segment ends inside a statement"):
        _of(tmp_path, b"INSERT INTO `t` VALUES (1);\n" + end)


def test_a_statement_of_many_megabytes_comes_whole(tmp_path) -> None:
    text = b"INSERT INTO `t` VALUES ('" + b"x;" * 4_000_000 + b"')"
    assert _of(tmp_path, text + b";\nDO 1;\n") == [text, b"DO 1"]


def test_rows_of_other_tables_are_left_out_and_all_else_stays(tmp_path) -> None:
    wanted, odd = b"INSERT INTO `posts` VALUES (1)", b"INSERT INTO `a``b` (`id`) VALUES\n(1)"
    text = [b"SET NAMES binary", wanted, b"INSERT INTO `users` VALUES ('`posts`')", odd, b"UPDATE `users` SET `f` = 1 WHERE `id` = 1"]
    assert list(only(text, ("posts", "a`b"))) == [text[0], wanted, odd]
    assert list(only(text, ())) == text
