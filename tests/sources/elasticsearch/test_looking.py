"""Which indices of a backup a pattern names: by their own names, and by those of their data streams."""

from datetime import UTC, datetime

import pytest

from workers.ports import Found
from workers.sources.elasticsearch.index import Head, Held, Index
from workers.sources.elasticsearch.looking import find

NOON = datetime(2026, 11, 22, tzinfo=UTC)
BACKING = ".ds-logs-app-2026.11.22-000001"
INDEX = Index(
    Head("canvasback-1", NOON, {"posts": ("u1", 7), "posts-old": ("u2", 1), BACKING: ("u3", 3)}),
    {"one": Held("posts", 10, "00000000"), "two": Held("posts", 5, "00000001"), "three": Held(BACKING, 2, "00000000")},
)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("posts", ["posts"]),
        ("posts*", ["posts", "posts-old"]),
        ("logs-*", [BACKING]),
        ("logs-app", [BACKING]),
        (".ds-*", [BACKING]),
        ("logs", []),
        ("POSTS", []),
        ("*", ["posts", "posts-old", BACKING]),
    ],
)
def test_a_pattern_names_indices_and_the_streams_that_they_belong_to(pattern: str, names: list[str]) -> None:
    assert [found.path for found in find(INDEX, pattern)] == names


def test_each_is_told_with_the_bytes_of_all_its_files_and_the_moment_of_its_snapshot() -> None:
    assert list(find(INDEX, "posts*")) == [Found("posts", 15, NOON), Found("posts-old", 0, NOON)]


def test_an_index_that_was_never_begun_holds_nothing() -> None:
    assert list(find(Index(), "*")) == []
