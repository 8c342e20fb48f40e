"""Blocks: a small file lies in one, a large one fills its own, and marks tell where each begins."""

import pytest

from workers.artifact import Role
from workers.sources.files.pack import BLOCK, Mark, mark
from workers.sources.files.plan import blocks_of


def test_no_small_file_is_cut_and_a_large_one_begins_a_block(hands):
    for number in range(40):
        (hands.root / f"small{number}").write_bytes(b"x" * 100_000)
    backup = hands.full(1)
    bodies = [entry.body for entry in backup.index if entry.body and not entry.link]
    starts = {mark(segment.objects[0]).at: segment.plain.bytes for segment, _ in backup.of(Role.DATA)}
    assert all(set(blocks_of(body)) <= starts.keys() for body in bodies)
    assert all(body.at + body.stored <= body.block + starts[body.block] for body in bodies if body.stored < 100_001)
    assert max(starts.values()) == BLOCK


def test_the_stream_lies_in_its_blocks_without_a_gap(hands):
    end = 0
    for segment, _ in hands.full(2).of(Role.DATA):
        assert mark(segment.objects[0]).at == end
        end += segment.plain.bytes


@pytest.mark.parametrize("text", ["/ab12cd34@0", "ab12cd3@0", "ab12cd34@", "ab12cd34@x", "ab12cd34", "a@b"])
def test_what_is_no_mark_is_none(text):
    assert mark(text) is None


def test_a_mark_is_read_as_it_was_written():
    assert mark(str(Mark("ab12cd34", 1048576))) == Mark("ab12cd34", 1048576)
