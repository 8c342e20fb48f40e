"""The definition format: exact for any body, and plain SQL for a client."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import Corrupt, Permanent
from workers.sources.mysql.script import Definition, Thing, preamble, read, write

BODIES = [
    "BEGIN SELECT ';;'; SELECT '$0$'; END",
    'BEGIN /* 한글 */ SELECT "it\'s", `a``b`; -- */\nEND',
    "SELECT 1\r\n;;\nDELIMITER ;\n-- canvasback: {}",
    "",
]


def _bytes(*definitions: Definition) -> bytes:
    return b"".join(block.data for block in write(definitions))


@pytest.mark.parametrize("body", BODIES)
def test_any_body_reads_back_exactly(body: str) -> None:
    made = Definition(Thing.PROCEDURE, "이름`;;'", body, (("sql_mode", "ANSI_QUOTES"), ("time_zone", "SYSTEM")))
    assert list(read(io.BytesIO(_bytes(made, made)))) == [made, made]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_exactly(name: str, body: str) -> None:
    made = Definition(Thing.TRIGGER, name, body)
    assert list(read(io.BytesIO(_bytes(made)))) == [made]


def test_the_delimiter_never_occurs_in_the_body() -> None:
    lines = _bytes(Definition(Thing.EVENT, "e", "SELECT ';; $0$ $1$'")).split(b"\n")
    assert b"DELIMITER $2$" in lines


def test_every_block_stands_alone() -> None:
    blocks = list(write([Definition(Thing.TABLE, name, "CREATE TABLE t (i INT)") for name in "ab"]))
    assert [block.objects for block in blocks] == [("a",), ("b",)]
    assert all(block.data.count(b"foreign_key_checks = 0") == 1 for block in blocks)


def test_a_definition_says_its_own_settings_after_the_common_ones() -> None:
    made = Definition(Thing.VIEW, "v", "…", (("sql_mode", "ANSI_QUOTES"), ("collation_connection", "utf8mb4_bin")))
    assert preamble(made)[1].endswith("sql_mode = 'ANSI_QUOTES', time_zone = '+00:00', collation_connection = 'utf8mb4_bin'")


def test_a_setting_that_is_no_variable_is_refused() -> None:
    with pytest.raises(Permanent, match="view v: 'a; DROP' is no session variable"):
        preamble(Definition(Thing.VIEW, "v", "…", (("a; DROP", "1"),)))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda good: good[:-1], "trigger t does not end where its header says"),
        (lambda good: good.replace(b'"bytes": 6', b'"bytes": 5'), "does not end where"),
        (lambda good: good.replace(b'"bytes": 6', b'"bytes": -6'), "does not end where"),
        (lambda good: good.replace(b'"trigger"', b'"tablespace"'), "unreadable header"),
        (lambda good: good.replace(b"SET NAMES", b"DROP NAMES"), "has no preamble"),
        (lambda good: b"SELECT 1;\n" + good, "expected a header line"),
        (lambda good: good.replace(b"BEGIN!", b"\xff\xff\xff\xff\xff\xff"), "not UTF-8 at byte 0"),
    ],
)
def test_damage_is_named_and_never_believed(damage: object, words: str) -> None:
    good = _bytes(Definition(Thing.TRIGGER, "t", "BEGIN!"))
    with pytest.raises(Corrupt, match=words):
        list(read(io.BytesIO(damage(good))))  # type: ignore[operator]


@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_the_reader_fail_otherwise(noise: bytes) -> None:
    good = _bytes(Definition(Thing.TRIGGER, "t", "BEGIN!"))
    for data in (noise, good + noise, good[: len(noise)] + noise):
        with contextlib.suppress(Corrupt):
            assert list(read(io.BytesIO(data))) in ([], [Definition(Thing.TRIGGER, "t", "BEGIN!")])
