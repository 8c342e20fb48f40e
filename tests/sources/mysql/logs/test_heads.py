"""The sets of GTIDs at the head of a log, byte by byte, and what is no such set."""

import struct
import uuid

import pytest

from workers.errors import Corrupt
from workers.sources.mysql.logs.gtid import parse
from workers.sources.mysql.logs.heads import gtid_list, previous_gtids

ONE, OTHER = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "9a511b7b-7059-11e2-9a24-08002762b8af"


def source(name: str, *spans: tuple[int, int], tag: str | None = None) -> bytes:
    """One source: with a tag (perhaps an empty one) as the form since 8.3 has it. The end of a span lies behind it."""
    tagged = b"" if tag is None else bytes([len(tag) << 1]) + tag.encode()
    return uuid.UUID(name).bytes + tagged + struct.pack("<Q", len(spans)) + b"".join(struct.pack("<QQ", *span) for span in spans)


def plain(*sources: bytes) -> bytes:
    return struct.pack("<Q", len(sources)) + b"".join(sources)


def tagged(*sources: bytes) -> bytes:
    return struct.pack("<Q", 1 << 56 | len(sources) << 8 | 1) + b"".join(sources)


def listed(*entries: tuple[int, int, int], flags: int = 0) -> bytes:
    return struct.pack("<I", len(entries) | flags) + b"".join(struct.pack("<IIQ", *entry) for entry in entries)


def test_the_plain_form_is_read() -> None:
    body = plain(source(ONE, (1, 6), (8, 9)), source(OTHER, (1, 2)))
    assert previous_gtids(body) == parse(f"{ONE}:1-5:8,{OTHER}:1")


def test_the_form_with_tags_is_read_with_and_without_one() -> None:
    body = tagged(source(ONE, (1, 6), tag=""), source(ONE, (1, 3), tag="canvas"))
    assert previous_gtids(body) == parse(f"{ONE}:1-5,{ONE}:canvas:1-2")


def test_an_empty_set_is_one() -> None:
    assert not previous_gtids(plain())
    assert not gtid_list(listed())


@pytest.mark.parametrize("body", [plain(source(ONE, (1, 6))), tagged(source(ONE, (1, 6), tag="canvas"))], ids=["plain", "tagged"])
def test_a_set_that_is_cut_anywhere_is_damaged(body: bytes) -> None:
    for end in range(len(body)):
        with pytest.raises(Corrupt, match="the set of GTIDs at its head is damaged"):
            previous_gtids(body[:end])


def test_the_last_number_of_each_domain_and_server_stands_for_all_up_to_it() -> None:
    assert gtid_list(listed((0, 10, 42), (1, 11, 7), flags=1 << 28)) == parse("0-10-42,1-11-7")


def test_a_server_that_has_written_nothing_is_in_no_set() -> None:
    assert gtid_list(listed((0, 10, 0), (1, 11, 7))) == parse("1-11-7")


def test_a_list_that_is_cut_anywhere_is_damaged() -> None:
    body = listed((0, 10, 42), (1, 11, 7))
    for end in range(len(body)):
        with pytest.raises(Corrupt, match="the list of GTIDs at its head is damaged"):
            gtid_list(body[:end])
