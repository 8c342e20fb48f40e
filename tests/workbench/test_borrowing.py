"""What a restore reads of other backups: their data, numbered on, under the keys where they lie."""

from dataclasses import replace

import pytest

from tests.catalog.samples import FULL, later, put
from workers.artifact import Kind, Role
from workers.bench import borrowing
from workers.catalog.manifest import segment_key
from workers.errors import Permanent


@pytest.fixture
def store(orders):
    return orders.app.tools.store("nas")


def child():
    made = later(1, kind=Kind.INCREMENTAL)
    return replace(made, parent=FULL.id, pins=(f"{FULL.target}/{FULL.id}",))


def test_a_backup_that_shares_nothing_reads_its_own_segments(store):
    assert borrowing.segments((store,), FULL) == FULL.segments


def test_borrowed_data_are_numbered_on_and_say_where_they_lie(store):
    put(store, FULL)
    found = borrowing.segments((store,), child())
    own, borrowed = found[: len(child().segments)], found[len(child().segments) :]
    data = [segment for segment in FULL.segments if segment.role is Role.DATA]
    assert own == child().segments
    assert [segment.number for segment in found] == list(range(1, len(found) + 1))
    assert [segment.key for segment in borrowed] == [segment_key(FULL.target, FULL.id, segment) for segment in data]
    assert [segment.file for segment in borrowed] == [segment.key for segment in borrowed]
    assert [segment.stored for segment in borrowed] == [segment.stored for segment in data]


def test_a_backup_that_names_logs_has_nothing_to_fetch(store):
    assert borrowing.segments((store,), replace(child(), segments=())) == ()


def test_a_lender_that_is_gone_is_named(store):
    with pytest.raises(Permanent, match=f"builds on {FULL.id}, which cannot be read"):
        borrowing.segments((store,), child())
