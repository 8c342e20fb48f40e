"""Names survive as bytes, sort as a walk meets them, and cannot leave their root."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.sources.files.names import is_safe, key, raw, text
from workers.sources.folders.paths import shown


@given(st.binary(max_size=300))
def test_any_bytes_come_back(name):
    assert raw(text(name)) == name


def test_a_folder_sorts_before_what_is_in_it_and_that_before_its_neighbours():
    paths = ["", "a", "a/b", "a/b/c", "a/b-c", "a b", "a!", "a-b", "a.b", "aa", "ü"]
    assert sorted(paths, key=key) == ["", "a", "a/b", "a/b/c", "a/b-c", "a b", "a!", "a-b", "a.b", "aa", "ü"]


@given(st.sets(st.lists(st.sampled_from(["a", "b", "a-", "\x01", "ü"]), min_size=1, max_size=4).map("/".join)))
def test_keys_order_paths_as_their_parts_in_bytes(paths):
    assert sorted(paths, key=key) == sorted(paths, key=lambda path: [os.fsencode(part) for part in path.split("/")])


@pytest.mark.parametrize("path", ["..", ".", "/", "/a", "a/", "a//b", "a/../b", "../a", "a/.", "a\0b"])
def test_what_could_leave_the_root_is_not_safe(path):
    assert not is_safe(path)


@pytest.mark.parametrize("path", ["", "a", "a/b", "...", "a/..b", ".hidden", "\udcff"])
def test_what_stays_below_the_root_is_safe(path):
    assert is_safe(path)


def test_a_name_for_people_has_no_signs_that_act():
    assert shown("a\nb\x1b[31m\udcff 한글") == "a\\nb\\x1b[31m\\udcff 한글"
    assert shown("") == "."
