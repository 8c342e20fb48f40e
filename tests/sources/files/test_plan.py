"""A load finds in the plan exactly what lies in its segment, once."""

import pytest

from workers.sources.files.entry import Body, Entry, Stat, Type
from workers.sources.files.index import line
from workers.sources.files.pack import BLOCK
from workers.sources.files.plan import STRETCH, PlanWriter, blocks_of, touching

MIB = 1 << 20


@pytest.fixture
def plan(tmp_path):
    """A plan of small files at both sides of a border, an empty one, and one that lies in three stretches."""
    writer = PlanWriter(tmp_path)
    for name, block, at, stored in [
        ("first", 0, 512, 10),
        ("empty", 0, 2048, 0),
        ("last", STRETCH - MIB, STRETCH - 600, 600),
        ("next", STRETCH, STRETCH + 512, 10),
        ("large", STRETCH + MIB, STRETCH + MIB + 512, 2 * STRETCH),
    ]:
        body = Body("ab12cd34", block, at, stored, "00")
        writer.add(body, line(Entry(name, Stat(Type.FILE, stored), body=body)))
    writer.flush()
    return lambda start, end: [entry.path for entry, _ in touching(tmp_path, "ab12cd34", start, end)]


def test_a_segment_over_several_stretches_has_each_entry_once(plan):
    assert plan(0, 9 * STRETCH) == ["first", "empty", "last", "next", "large"]


def test_a_segment_has_what_begins_or_goes_on_in_it(plan):
    assert plan(0, STRETCH) == ["first", "empty", "last"]
    assert plan(STRETCH, STRETCH + MIB) == ["next"]
    assert plan(2 * STRETCH, 2 * STRETCH + MIB) == ["large"]
    assert plan(5 * STRETCH, 6 * STRETCH) == []


def test_an_empty_file_lies_in_the_block_of_its_header(plan):
    assert plan(0, 2048) == ["first", "empty"]


def test_the_blocks_of_a_body_are_where_it_begins_and_every_block_after():
    assert list(blocks_of(Body("ab12cd34", 7, 519, 2 * BLOCK, "00"))) == [7, 7 + BLOCK, 7 + 2 * BLOCK]
    assert list(blocks_of(Body("ab12cd34", 7, 519, 0, "00"))) == [7]
