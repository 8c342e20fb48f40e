"""What the rules take: excluded and included patterns, the marker, other file systems, large files."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from workers.sources.files.options import FilesOptions
from workers.sources.files.rules import Rules


def rules(**options):
    return Rules(FilesOptions(path=Path("/srv"), **options))


def test_temporary_files_and_caches_are_left_out_unless_told_otherwise():
    some = rules()
    assert [some.takes(path, folder=False) for path in ("a.tmp", "x/y.tmp", "cache", "a")] == [False, False, True, True]
    assert [some.takes(path, folder=True) for path in ("cache", "x/cache", "caches")] == [False, False, True]


def test_the_last_pattern_that_matches_decides():
    assert rules(exclude=["*.log", "!keep.log"]).takes("a/keep.log", folder=False)
    assert not rules(exclude=["!keep.log", "*.log"]).takes("a/keep.log", folder=False)


def test_included_patterns_choose_files_and_let_every_folder_through():
    some = rules(include=["*.conf", "/etc/"])
    assert [some.takes(path, folder=False) for path in ("a/x.conf", "etc/passwd", "a/etc/x", "x")] == [True, True, False, False]
    assert some.takes("a", folder=True)


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


def test_a_marked_folder_is_kept_without_its_contents(hands):
    (hands.root / "a" / ".nobackup").touch()
    paths = {entry.path for entry in hands.full().index}
    assert "a" in paths
    assert not any(path.startswith("a/") for path in paths)
