"""What the rules take: excluded and included patterns, the marker, other file systems, large files."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from workers.errors import Permanent
from workers.sources.files.options import FilesOptions
from workers.sources.files.rules import Rules


def rules(**options):
    return Rules(FilesOptions(path=Path("/srv"), **options))


def test_temporary_files_and_what_caches_hold_are_left_out_unless_told_otherwise():
    some = rules()
    assert [some.takes(path, folder=False) for path in ("a.tmp", "x/y.tmp", "cache/x", "a/cache/x")] == [False] * 4
    assert [some.takes(path, folder=False) for path in ("cache", "a", "caches/x")] == [True] * 3
    assert [some.takes(path, folder=True) for path in ("cache", "x/cache", "cache/in")] == [True, True, False]
    assert rules(exclude=[]).takes("cache/x.tmp", folder=False)


def test_the_last_pattern_that_matches_decides():
    assert rules(exclude=["*.log", "!keep.log"]).takes("a/keep.log", folder=False)
    assert not rules(exclude=["!keep.log", "*.log"]).takes("a/keep.log", folder=False)


def test_included_patterns_choose_files_and_let_every_folder_through():
    some = rules(include=["*.conf", "/etc/"])
    assert [some.takes(path, folder=False) for path in ("a/x.conf", "etc/passwd", "a/etc/x", "x")] == [True, True, False, False]
    assert some.takes("a", folder=True)


@pytest.mark.parametrize(
    ("pattern", "out", "kept"),
    [
        ("/build", ["build", "build/"], ["a/build", "rebuild"]),
        ("build/", ["build/", "a/build/"], ["build", "a/build"]),
        ("a/*.log", ["a/x.log"], ["a/b/x.log", "b/a/x.log", "x.log"]),
        ("a/**/x", ["a/x", "a/b/c/x"], ["b/a/x", "x"]),
        ("**/cache/*", ["cache/x", "a/cache/x"], ["cache/", "a/cache/", "cache"]),
        ("a/**", ["a/x", "a/b/x"], ["a/", "b/a/x"]),
        ("[ab].txt", ["a.txt", "d/b.txt"], ["c.txt", "[ab].txt"]),
        (r"\!x", ["!x"], ["x"]),
        (r"\#x", ["#x"], ["x"]),
        ("*.tmp", ["a\nb/x.tmp", "a\nb.tmp", "\udcff.tmp"], ["x.tmp\n", "x.TMP"]),
    ],
)
def test_a_pattern_means_what_it_means_to_git(pattern, out, kept):
    some = rules(exclude=[pattern])
    assert [name for name in (*out, *kept) if not some.takes(name.rstrip("/"), folder=name.endswith("/"))] == out


def test_what_is_taken_back_of_all_that_lies_in_a_folder_is_found():
    some = rules(exclude=["a/**", "!a/keep.txt"])
    assert [some.takes("a", folder=True), some.takes("a/keep.txt", folder=False), some.takes("a/x", folder=False)] == [True, True, False]


def test_what_is_excluded_stays_out_though_it_is_included(hands):
    hands.options = {"include": ["*.txt", "a-b"], "exclude": ["/a/deep/", "a-b", "!a-b"]}
    (hands.root / "a" / "mine.txt").touch()
    assert [entry.path for entry in hands.full().index] == ["", "a", "a/mine.txt", "a-b"]


def test_a_name_in_a_folder_with_a_line_feed_is_included(hands):
    (hands.root / "line\nfeed").mkdir()
    (hands.root / "line\nfeed" / "x.pdf").touch()
    hands.options = {"include": ["*.pdf"]}
    assert hands.full().entry("line\nfeed/x.pdf").restorable


def test_a_file_at_the_limit_is_taken_and_one_above_is_not():
    assert [rules(largest="1KiB").too_large(size) for size in (1024, 1025)] == [False, True]
    assert not rules().too_large(1 << 60)


@pytest.mark.parametrize("pattern", ["", "# comment", "  "])
def test_a_pattern_that_matches_nothing_is_a_fault(pattern):
    with pytest.raises(ValidationError, match="matches nothing"):
        rules(exclude=[pattern])


def test_another_file_system_is_entered_only_where_that_is_asked_for():
    here, there = os.stat_result((0, 0, 1, *[0] * 7)), os.stat_result((0, 0, 2, *[0] * 7))
    assert [rules().enters(found, here) for found in (here, there)] == [True, False]
    assert rules(one_file_system=False).enters(there, here)


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_a_marked_folder_is_kept_without_its_contents_and_that_is_told(hands, make):
    make(hands.root / "a" / ".nobackup")
    made = hands.full()
    paths = {entry.path for entry in made.index}
    assert "a" in paths
    assert not any(path.startswith("a/") for path in paths)
    assert made.facts.warnings == ("a: its contents are left out: .nobackup lies there",)


def test_a_root_that_is_marked_is_no_backup(hands):
    (hands.root / ".nobackup").touch()
    with pytest.raises(Permanent, match=r"nothing that the rules take.*\.nobackup"):
        hands.full()
