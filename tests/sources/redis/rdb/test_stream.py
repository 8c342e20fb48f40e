"""An RDB is proven when its last byte is there; until then nothing is believed."""

import pytest

from workers.errors import Corrupt
from workers.sources.redis.rdb.stream import CRC, Rdb

BODY = b"\xfe\x00\xfb\x02\x00\x00\x01a\x01b\x00\x01c\x05hello"
HEAD = b"REDIS0010\xfa\x01a\x01b"


def whole(body: bytes = BODY, head: bytes = HEAD, crc: int | None = None) -> bytes:
    data = head + body + b"\xff"
    return data + (CRC.calc(data) if crc is None else crc).to_bytes(8, "little")


def read(data: bytes, size: int = 7) -> Rdb:
    rdb = Rdb((data[start : start + size] for start in range(0, len(data), size)), "the RDB of here")
    assert b"".join([rdb.head.bytes, *rdb.body(), rdb.tail]) == data
    return rdb


def test_the_check_value_of_the_crc_is_that_of_redis():
    assert CRC.calc(b"123456789") == 0xE9C6D914C4B8D9CA


@pytest.mark.parametrize("size", [1, 7, 9, 10, 1000])
def test_head_body_and_tail_come_apart_however_they_are_cut(size):
    rdb = read(whole(), size)
    assert (rdb.head.bytes, rdb.tail[:1], rdb.bytes, rdb.walk.databases[0].keys) == (HEAD, b"\xff", len(whole()), 2)


@pytest.mark.parametrize("at", [len(HEAD) + 8, len(HEAD) + 12, len(whole()) - 3])
def test_a_flipped_byte_is_found(at):
    data = bytearray(whole())
    data[at] ^= 4
    with pytest.raises(Corrupt, match=r"the RDB of here is damaged"):
        read(bytes(data))


@pytest.mark.parametrize("end", [5, len(HEAD) + 3, len(whole()) - 20, len(whole()) - 1])
def test_an_rdb_that_is_cut_short_is_told_by_name(end):
    with pytest.raises(Corrupt, match=r"the RDB of here is (cut short|damaged)"):
        read(whole()[:end])


def test_without_a_crc_the_structure_is_the_proof():
    assert read(whole(crc=0)).crc == 0
    with pytest.raises(Corrupt, match="cannot be proven"):
        read(whole(BODY[:-1], crc=0))


def test_a_type_that_is_unknown_spoils_the_count_and_not_the_backup():
    rdb = read(whole(BODY + b"\x63\x01k\x01v"))
    assert rdb.walk.lost.startswith("unknown type 99")


def test_an_end_mark_within_the_data_spoils_the_count_only():
    rdb = read(whole(BODY + b"\xff" + b"stranger"))
    assert "the end mark was seen" in rdb.walk.lost


def test_a_format_without_any_crc_is_refused():
    with pytest.raises(Corrupt, match="format 4"):
        read(b"REDIS0004" + BODY + b"\xff" + bytes(8))


def test_keys_are_not_counted_where_nobody_wants_to_know():
    data = whole()
    rdb = Rdb(iter([data]), "x", walked=False)
    assert len(b"".join(rdb.body())) == len(BODY)
    assert rdb.walk.databases == []
