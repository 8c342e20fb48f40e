"""Where an engine restores: an empty tree, as often as it is tried."""

from datetime import UTC, datetime

import pytest

from workers.artifact import Facts, Order
from workers.errors import Permanent
from workers.sources.engine.site import site


def order(into) -> Order:
    facts = Facts("id", "restic", "1", "/srv/uploads", datetime.now(UTC))
    return Order("20261122T000000Z-full-9f3a11c2", "/srv/uploads", str(into), facts)


def test_what_is_of_no_use_takes_no_room_and_can_be_tried_again(tmp_path):
    work = site(order(tmp_path / "uploads"))
    work.begin()
    (work.fresh() / "half").write_text("half a file")
    work.drop()
    assert list(work.folder.iterdir()) == []
    assert list(work.fresh().iterdir()) == []


def test_nothing_is_restored_where_nothing_was_prepared(tmp_path):
    with pytest.raises(Permanent, match="was not prepared"):
        site(order(tmp_path / "uploads")).fresh()
