"""Patterns as git has them, but for two things: `a/**`, and names with a line feed."""

import pytest

from workers.sources.folders.patterns import Patterns


@pytest.mark.parametrize(
    ("lines", "path", "taken"),
    [
        (["*.tmp"], "a/b.tmp", True),
        (["*.tmp"], "a/b.tmp.txt", False),
        (["/build/"], "build/", True),
        (["/build/"], "build", False),
        (["/build/"], "a/build/", False),
        (["*.log", "!keep.log"], "a/keep.log", False),
        (["!keep.log", "*.log"], "a/keep.log", True),
        (["a/**"], "a/", False),
        (["a/**"], "a/b", True),
        (["a/**"], "a/b/c", True),
        (["**/cache/*"], "cache/", False),
        (["**/cache/*"], "x/cache/y", True),
        (["*.tmp"], "a\nb/c.tmp", True),
        (["c"], "a\nb/c", True),
        (["[0-9].txt"], "가/1.txt", True),
        (["[0-9].txt"], "가/a.txt", False),
    ],
)
def test_what_a_pattern_matches(lines: list[str], path: str, taken: bool) -> None:
    assert Patterns(lines).matches(path) == taken


def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="!"):
        Patterns(["!"])
