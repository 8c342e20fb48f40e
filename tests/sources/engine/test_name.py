"""What a name in a snapshot is, by the first letter of its mode."""

from datetime import UTC, datetime

import pytest

from workers.sources.engine.name import FILE, FOLDER, LINK, Name


@pytest.mark.parametrize(("mode", "sort"), [("-rw-r-----", FILE), ("drwxr-x---", FOLDER), ("lrwxrwxrwx", LINK), ("prw-------", "p")])
def test_its_sort_is_that_of_its_mode(mode: str, sort: str) -> None:
    assert Name("a/b", mode, 3, 0, 0, datetime(2026, 11, 22, tzinfo=UTC)).sort == sort
