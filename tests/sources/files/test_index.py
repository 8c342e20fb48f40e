"""A line is read as it was written; what was not written so is corrupt."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import Corrupt
from workers.sources.files.entry import Body, Entry, Stat, Type
from workers.sources.files.index import line, parse, read

NUMBERS = st.integers(0, 1 << 63)
PARTS = st.binary(min_size=1, max_size=40).map(
    lambda name: name.replace(b"/", b"_").replace(b"\0", b"_").decode("utf-8", "surrogateescape")
)
PATHS = st.lists(PARTS.filter(lambda part: part not in (".", "..")), min_size=1, max_size=4).map("/".join)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.binary(max_size=20).map(lambda value: base64.b64encode(value).decode())
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def entries(draw):
    size = draw(NUMBERS)
    stat = Stat(Type.FILE, size, draw(st.integers(-(1 << 62), 1 << 62)), draw(NUMBERS), draw(NUMBERS), draw(st.integers(0, 0o7777)), 1, 2)
    body = Body("ab12cd34", 0, draw(NUMBERS), size, "ff" * 32)
    xattrs = tuple(draw(st.lists(st.tuples(NAMES, VALUES), max_size=2)))
    return Entry(draw(PATHS), stat, draw(NAMES), draw(NAMES), "", draw(PATHS), xattrs, body, draw(TEXTS))


@given(entries())
def test_every_entry_comes_back_from_its_line(entry):
    written = line(entry)
    assert written.isascii()
    assert written.count(b"\n") == 1
    assert parse(written) == entry


def test_a_name_that_is_no_utf8_comes_back_with_all_the_rest():
    entry = Entry(
        "a/\udcff", Stat(Type.FILE, 3), "김", target="\udcfe", xattrs=(("user.x", "eA=="),), body=Body("ab12cd34", 0, 512, 3, "ff")
    )
    assert parse(line(entry)) == entry


@pytest.mark.parametrize("path", ["a", "a\udcff"])
@pytest.mark.parametrize(
    "wrong", [{"size": "3"}, {"size": 3.0}, {"size": True}, {"owner": 1}, {"xattrs": [["a"]]}, {"stream": None}, {"extents": [[1, 2, 3]]}]
)
def test_a_field_of_another_type_is_corrupt_whatever_the_name(path, wrong):
    with pytest.raises(Corrupt, match="cannot be read"):
        parse(json.dumps({"path": path, "type": "f", **wrong}).encode())


@pytest.mark.parametrize("field", ["block", "at", "stored", "sha256"])
def test_a_body_without_one_of_its_fields_is_corrupt(field):
    whole = json.loads(line(Entry("x", Stat(Type.FILE, 3), body=Body("ab12cd34", 0, 512, 3, "ff"))))
    del whole[field]
    with pytest.raises(Corrupt, match="in a way that cannot be"):
        parse(json.dumps(whole).encode())


def test_a_sparse_file_keeps_its_extents():
    entry = Entry("x", Stat(Type.FILE, 100), body=Body("ab12cd34", 0, 512, 7, "00", ((10, 5), (90, 2))))
    assert parse(line(entry)) == entry


def test_what_is_gone_is_a_path_alone():
    assert line(Entry("a/b", Stat(Type.GONE))) == b'{"path":"a/b","type":"-"}\n'


def test_what_is_gone_may_have_lain_in_a_folder_that_is_gone_too():
    lines = [line(Entry("", Stat(Type.FOLDER))), line(Entry("a", Stat(Type.GONE))), line(Entry("a/b", Stat(Type.GONE)))]
    assert [entry.path for entry in read(lines)] == ["", "a", "a/b"]


def test_a_file_after_its_folder_was_left_is_corrupt():
    entries = [Entry("", Stat(Type.FOLDER)), Entry("a", Stat(Type.FOLDER)), Entry("b", Stat(Type.FOLDER)), Entry("c/x", Stat(Type.PIPE))]
    with pytest.raises(Corrupt, match="no folder"):
        list(read(map(line, entries)))
