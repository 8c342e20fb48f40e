"""The CRC that Lucene writes behind each file finds every change of it."""

import random
import struct
import zlib

import pytest

from workers.errors import Corrupt
from workers.sources.elasticsearch.footer import Footer


def lucene(body: bytes) -> bytes:
    covered = body + struct.pack(">II", 0xC02893E8, 0)
    return covered + struct.pack(">Q", zlib.crc32(covered))


def judge(data: bytes, size: int) -> None:
    footer = Footer("blob")
    for begin in range(0, len(data), size):
        footer.feed(data[begin : begin + size])
    footer.judge()


@pytest.mark.parametrize("size", [1, 7, 16, 17, 1000])
@pytest.mark.parametrize("length", [0, 1, 15, 16, 4000])
def test_a_whole_file_is_good_however_it_is_read(size, length):
    judge(lucene(random.Random(length).randbytes(length)), size)


@pytest.mark.parametrize("seed", range(30))
def test_a_changed_byte_anywhere_is_found(seed):
    chance = random.Random(seed)
    data = bytearray(lucene(chance.randbytes(200)))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    with pytest.raises(Corrupt, match="blob is damaged"):
        judge(bytes(data), 64)


@pytest.mark.parametrize("kept", [0, 5, 15, 16, 100, 215])
def test_a_file_that_was_cut_is_found(kept):
    with pytest.raises(Corrupt, match=r"blob is (damaged|cut short)"):
        judge(lucene(bytes(200))[:kept], 64)
