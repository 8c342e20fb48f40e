"""A place in a stream that comes in pieces is the same place, wherever the pieces end."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.sources.redis.rdb.cursor import LOOK_AHEAD, Cursor, Lost, Steps

END = bytes(LOOK_AHEAD)  # what always follows


def driven(steps: Steps, cursor: Cursor, pieces: Iterator[bytes]) -> object:
    """Feed whatever waits, and give what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
        cursor.feed(next(pieces))


def string(size: int) -> bytes:
    """A string of so many bytes with its length in 6, 14 or 32 bits."""
    head = bytes([size]) if size < 64 else (size | 0x4000).to_bytes(2, "big") if size < 1 << 14 else b"\x80" + size.to_bytes(4, "big")
    return head + b"x" * size


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, 1, 63, 64, 500, 16_383, 16_384, 20_000]), max_size=12), st.integers(33, 4000), st.sampled_from([0, 8]))
def test_strings_are_stepped_over_past_the_end_of_any_piece(sizes: list[int], piece: int, gap: int) -> None:
    data = b"".join(string(size) + bytes(gap) for size in sizes)
    whole, cursor = data + END, Cursor()
    driven(cursor.strings(len(sizes), gap), cursor, (whole[at : at + piece] for at in range(0, len(whole), piece)))
    assert cursor.offset == len(data)


LENGTHS = {b"\x3f": 63, b"\x40\x40": 64, b"\x7f\xff": 16_383, b"\x80\x00\x00\x40\x00": 16_384, b"\x81" + bytes(7) + b"\x05": 5}
ODD = {b"\xc0\x07": 2, b"\xc1\x07\x08": 3, b"\xc2\x07\x08\x09\x0a": 5, b"\xc3\x02\x09ab": 5}


@pytest.mark.parametrize(("written", "value"), LENGTHS.items())
def test_a_length_is_read_in_each_of_its_forms(written: bytes, value: int) -> None:
    cursor = Cursor()
    cursor.feed(written + END)
    assert (cursor.length(), cursor.offset) == (value, len(written))


@pytest.mark.parametrize(("written", "size"), ODD.items())
def test_integers_and_compressed_strings_are_stepped_over(written: bytes, size: int) -> None:
    cursor = Cursor()
    cursor.feed(written + END)
    driven(cursor.strings(1), cursor, iter(()))
    assert cursor.offset == size


def test_a_string_is_kept_whole_however_it_comes() -> None:
    whole, cursor = string(300) + END, Cursor()
    pieces = (whole[at : at + 40] for at in range(0, len(whole), 40))
    assert driven(cursor.kept(300), cursor, pieces) == b"x" * 300  # type: ignore[arg-type]  # it returns what it waited for


def test_a_string_that_is_too_long_to_keep_and_forms_that_are_unknown_are_lost() -> None:
    cursor = Cursor()
    cursor.feed(string(300) + END)
    with pytest.raises(Lost, match="300 bytes where at most 299"):
        driven(cursor.kept(299), cursor, iter(()))  # type: ignore[arg-type]
    for odd, words in ((b"\x82", "unknown length 0x82"), (b"\xc4", "unknown string 0xc4")):
        cursor = Cursor()
        cursor.feed(odd + END)
        with pytest.raises(Lost, match=words):
            driven(cursor.strings(1), cursor, iter(()))
