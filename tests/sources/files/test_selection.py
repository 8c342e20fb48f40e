"""Single files and patterns: only their segments are read, and only they change what stands there."""

import os
import shutil

import pytest

from tests.sources.files.hands import picture
from workers.artifact import Role
from workers.errors import Refused


def pick(hands, backup, into, *objects, **changes):
    """Restore what some patterns name; the paths that came back, and the bytes that were read for them."""
    order = hands.chosen(backup, into, objects=objects, **changes)
    outcome = hands.restore(backup, into, objects=objects, **changes)
    return {path for path in picture(into) if path}, hands.read(backup, order), outcome


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("a-b", {"/a-b"}),
        ("/a/deep", {"/a", "/a/deep", "/a/deep/문서 (1).txt"}),
        ("*.txt", {"/a", "/a/deep", "/a/deep/문서 (1).txt"}),
        ("a/*.sh", {"/a", "/a/run.sh"}),
        ("l*", {"/large", "/link"}),
    ],
)
def test_a_pattern_brings_back_what_it_matches_and_the_folders_above(hands, tmp_path, pattern, paths):
    found, _, _ = pick(hands, hands.full(), tmp_path / "out", pattern)
    assert found == paths


def test_one_small_file_reads_one_block(hands, tmp_path):
    _, read, _ = pick(hands, hands.full(1), tmp_path / "out", "a-b")
    assert 0 < read <= 1 << 20


def test_a_large_file_reads_its_own_blocks_alone(hands, tmp_path):
    backup = hands.full(1)
    _, read, _ = pick(hands, backup, tmp_path / "out", "large")
    assert (tmp_path / "out" / "large").read_bytes() == (hands.root / "large").read_bytes()
    assert (hands.root / "large").stat().st_size < read <= backup.packed - 4096


def test_one_file_of_a_chain_reads_the_backup_that_has_it(hands, tmp_path):
    first = hands.full()
    (hands.root / "new").write_text("new")
    _, read, _ = pick(hands, hands.since(first), tmp_path / "out", "new")
    assert (tmp_path / "out" / "new").read_text() == "new"
    assert read < 8192


def test_a_file_whose_first_name_is_not_wanted_comes_under_its_next(hands, tmp_path):
    os.link(hands.root / "first", hands.root / "third")
    found, _, _ = pick(hands, hands.full(), tmp_path / "out", "first", "third")
    assert found == {"/first", "/third"}
    assert (tmp_path / "out/first").read_bytes() == b"one inode"
    assert (tmp_path / "out/first").samefile(tmp_path / "out/third")


def test_a_name_with_signs_of_a_pattern_is_found_by_its_letters(hands, tmp_path):
    (hands.root / "a[1].jpg").write_text("!")
    found, _, _ = pick(hands, hands.full(), tmp_path / "out", "a[1].jpg")
    assert found == {"/a[1].jpg"}


def test_a_file_that_is_called_like_a_block_is_still_a_file(hands, tmp_path):
    (hands.root / "deadbeef@0").write_text("!")
    found, _, _ = pick(hands, hands.full(), tmp_path / "out", "deadbeef@0")
    assert found == {"/deadbeef@0"}


def test_what_matches_nothing_is_refused_by_name(hands, tmp_path):
    with pytest.raises(Refused, match=r"\*\.pdf: nothing of that name"):
        pick(hands, hands.full(), tmp_path / "out", "a-b", "*.pdf")


def test_single_files_replace_only_themselves_in_a_folder_in_use(hands):
    backup = hands.full()
    shutil.rmtree(hands.root / "a" / "deep")
    (hands.root / "a-b").write_text("broken")
    (hands.root / "new").write_text("stays")
    _, _, outcome = pick(hands, backup, hands.root, "a-b", "deep", confirm="uploads")
    aside = next(path for path in hands.root.parent.iterdir() if ".before-" in path.name)
    assert outcome.warnings == (f"what stood there before is now {aside}",)
    assert {path.name: path.read_text() for path in aside.iterdir()} == {"a-b": "broken"}
    assert (hands.root / "a-b").read_text() == "sorted after a/"
    assert (hands.root / "a/deep/문서 (1).txt").read_text() == "한글"
    assert (hands.root / "new").read_text() == "stays"


def test_a_file_where_a_folder_has_to_be_is_moved_aside_with_its_path(hands):
    backup, before = hands.full(), picture(hands.root / "a" / "deep")
    shutil.rmtree(hands.root / "a" / "deep")
    (hands.root / "a" / "deep").write_text("in the way")
    pick(hands, backup, hands.root, "deep", confirm="uploads")
    aside = next(path for path in hands.root.parent.iterdir() if ".before-" in path.name)
    assert (aside / "a" / "deep").read_text() == "in the way"
    assert picture(hands.root / "a" / "deep") == before


def test_a_folder_in_use_is_not_touched_without_a_confirmation(hands):
    with pytest.raises(Refused):
        pick(hands, hands.full(), hands.root, "a-b")


def test_find_names_what_matches_with_size_and_time(hands):
    found = list(hands.source.find("*.txt", hands.full().of(Role.INDEX)))
    assert [(name.path, name.bytes, name.modified.year) for name in found] == [("a/deep/문서 (1).txt", 6, 2001)]
