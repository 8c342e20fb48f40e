"""The head of an RDB."""

from datetime import UTC, datetime

import pytest

from workers.errors import Corrupt
from workers.sources.redis.rdb.head import LONGEST, Short, read

HEAD = b"REDIS0010\xfa\x09redis-ver\x067.0.15\xfa\x05ctime\xc2\x00\xa5\x8b\x6a\xfa\x04bits\xc0\x40"


def test_version_and_fields_are_read_up_to_the_first_byte_of_data():
    head = read(HEAD + b"\xfe\x00")
    assert (head.bytes, head.version) == (HEAD, 10)
    assert (head.field("redis-ver"), head.field("bits"), head.field("nothing")) == ("7.0.15", "64", "")
    assert head.snapshot == datetime.fromtimestamp(0x6A8BA500, UTC)


def test_a_long_field_is_read():
    assert read(b"REDIS0010\xfa\x01a\x41\x00" + b"x" * 256 + b"\xff").field("a") == "x" * 256


def test_valkey_begins_in_its_own_way():
    assert read(b"VALKEY080\xff").version == 80


@pytest.mark.parametrize("end", range(len(HEAD) + 1))
def test_a_piece_of_it_asks_for_more(end):
    with pytest.raises(Short):
        read(HEAD[:end])


@pytest.mark.parametrize("data", [b"-ERR something", b"REDIS00x0\xff", b"REDIS0010\xfa\xc3\x01\x01a\xff"])
def test_what_is_no_rdb_is_told(data):
    with pytest.raises(Corrupt):
        read(data)


def test_a_head_without_an_end_is_given_up():
    with pytest.raises(Corrupt, match="longer than"):
        read(b"REDIS0010" + (b"\xfa\x01a\x01b" * LONGEST))


def test_without_a_time_there_is_none():
    assert read(b"REDIS0010\xff").snapshot is None
