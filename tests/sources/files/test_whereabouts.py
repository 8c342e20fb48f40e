"""Which segments hold which files: a restore of any point of a chain reads those, and no others."""

import os
import time

import pytest

from tests.sources.files.conftest import TICK
from tests.sources.files.hands import picture
from workers.artifact import Form, Order, Role, Segment
from workers.errors import Corrupt
from workers.sources.files.entry import Body
from workers.sources.files.pack import BLOCK
from workers.sources.files.whereabouts import Whereabouts

MIB = 1 << 20


def segments(*begins: tuple[str, int]) -> list[Segment]:
    return [Segment(number, "pack", Role.DATA, Form(1, ""), (f"{stream}@{at}",)) for number, (stream, at) in enumerate(begins, 1)]


STREAM, OTHER = "0000000a", "0000000b"
PACKS = segments((STREAM, 0), (STREAM, 2 * MIB), (STREAM, 5 * MIB), (OTHER, 0), (OTHER, 3 * MIB))


@pytest.mark.parametrize(
    ("body", "ranges"),
    [
        (Body(STREAM, 0, 512, 10, ""), ((1, 1),)),
        (Body(STREAM, MIB, MIB + 512, 10, ""), ((1, 1),)),
        (Body(STREAM, 2 * MIB, 2 * MIB + 512, 10, ""), ((2, 2),)),
        (Body(STREAM, MIB, MIB + 512, 2 * BLOCK, ""), ((1, 2),)),
        (Body(STREAM, MIB, MIB + 512, 5 * BLOCK, ""), ((1, 3),)),
        (Body(OTHER, 9 * MIB, 9 * MIB + 512, 0, ""), ((5, 5),)),
    ],
)
def test_a_file_is_in_the_segments_that_its_blocks_are_in(body, ranges):
    where = Whereabouts(PACKS)
    where.want(body)
    assert where.ranges == ranges


def test_runs_of_numbers_are_told_by_their_ends():
    where = Whereabouts(PACKS)
    for body in (Body(OTHER, 0, 512, 1, ""), Body(STREAM, 0, 512, 1, ""), Body(STREAM, 5 * MIB, 5 * MIB + 512, 1, "")):
        where.want(body)
    assert where.ranges == ((1, 1), (3, 4))


@pytest.mark.parametrize("body", [Body("0000000c", 0, 512, 1, ""), Body(OTHER, -1, 0, 1, "")])
def test_a_file_that_no_segment_can_hold_is_told_before_anything_is_fetched(body):
    with pytest.raises(Corrupt, match="which no segment of the backup holds"):
        Whereabouts(PACKS).want(body)


def test_an_order_needs_what_its_ranges_say_and_everything_that_is_no_data(hands, tmp_path):
    order: Order = hands.order(hands.full(), tmp_path / "out", objects=("a",), reads=((2, 3), (5, 5)))
    assert [segment.number for segment in PACKS if order.needs(segment)] == [2, 3, 5]
    assert order.needs(Segment(9, "index", Role.INDEX, Form(1, "")))
    none: Order = hands.order(hands.full(), tmp_path / "out", reads=())
    assert not any(none.needs(segment) for segment in PACKS)


def test_a_whole_restore_of_a_later_point_leaves_out_what_was_replaced_and_removed(hands, tmp_path):
    (hands.root / "removed").write_bytes(os.urandom(9 * MIB))
    (hands.root / "replaced").write_bytes(os.urandom(9 * MIB))
    time.sleep(TICK)
    first = hands.full(many=2)
    (hands.root / "removed").unlink()
    (hands.root / "replaced").write_bytes(os.urandom(MIB))
    time.sleep(TICK)
    second = hands.since(first)
    hands.restore(second, tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)
    read, kept = hands.read(second, hands.chosen(second, tmp_path / "again")), first.packed + second.packed
    assert 0 < read < kept - 10 * MIB  # of 18 that nobody wants, the borders of segments keep some
    assert hands.read(first, hands.chosen(first, tmp_path / "again")) == first.packed
