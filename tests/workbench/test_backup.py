"""Seal's own judgement: a backup is whole, or it is none."""

from dataclasses import replace

import pytest

from tests.catalog.samples import FACTS
from workers.artifact import Form, Role, Segment
from workers.bench.backup import Dumped, in_order, whole
from workers.bench.proving import expect, stored_form
from workers.errors import Corrupt, Permanent

FORM = Form(5, "ab" * 32)
SEGMENTS = tuple(Segment(number, "data", Role.DATA, FORM, stored=FORM, copies=("nas", "s3")) for number in (1, 2, 3))


def test_all_segments_in_order_and_proven_everywhere_are_whole():
    whole(Dumped(3, FACTS), SEGMENTS, ("nas", "s3"))


@pytest.mark.parametrize(
    "segments",
    [SEGMENTS[:2], SEGMENTS[1:], (*SEGMENTS, SEGMENTS[2]), SEGMENTS[::-1], ()],
    ids=["the last is missing", "the first is missing", "one came twice", "out of order", "none"],
)
def test_what_is_missing_doubled_or_out_of_order_is_never_sealed(segments):
    with pytest.raises(Permanent, match="cut 3 segments"):
        whole(Dumped(3, FACTS), segments, ("nas", "s3"))


def test_segments_that_were_cut_at_once_are_put_in_order_and_one_that_came_twice_stays_twice():
    assert in_order(SEGMENTS[::-1]) == SEGMENTS
    assert len(in_order((*SEGMENTS, SEGMENTS[0]))) == 4


def test_a_segment_that_one_store_lacks_is_never_sealed():
    lacking = replace(SEGMENTS[1], copies=("nas",))
    with pytest.raises(Permanent, match="segment 2 is proven in"):
        whole(Dumped(3, FACTS), (SEGMENTS[0], lacking, SEGMENTS[2]), ("nas", "s3"))


@pytest.mark.parametrize("found", [Form(4, "ab" * 32), Form(5, "cd" * 32)])
def test_bytes_that_differ_from_the_record_are_named_with_their_place(found):
    with pytest.raises(Corrupt, match=r"segment 000001\.data in nas"):
        expect(SEGMENTS[0], FORM, found, "nas")


def test_a_segment_that_was_never_compressed_cannot_be_stored():
    with pytest.raises(Permanent, match="never compressed"):
        stored_form(replace(SEGMENTS[0], stored=None))
