"""Values come out as Jackson's SMILE writes them, and what is cut or not known is told, never guessed."""

import pytest

from workers.sources.elasticsearch.smile import loads

HEAD = b":)\n\x05"  # names told once, raw bytes


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"\x20", ""),
        (b"\x21", None),
        (b"\x22", False),
        (b"\x23", True),
        (b"\xc0", 0),
        (b"\xdf", -16),
        (b"\xde", 15),
        (b"\x24\x15\xb2", 697),
        (b"\x25\x03\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\xbe", 2**63 - 1),
        (b"\x40a", "a"),
        (b"\x5f" + b"a" * 32, "a" * 32),
        (b"\x60" + b"a" * 33, "a" * 33),
        (b"\x7f" + b"a" * 64, "a" * 64),
        (b"\x80" + "é".encode(), "é"),
        (b"\xa0" + "é".encode() * 17, "é" * 17),
        (b"\xe0" + b"a" * 65 + b"\xfc", "a" * 65),
        (b"\xe4" + "é".encode() * 40 + b"\xfc", "é" * 40),
        (b"\xfd\x83W__", b"W__"),
        (b"\xf8\xc2\xf8\xf9\x40a\xf9", [1, [], "a"]),
        (b"\xfa\x80a\xc2\x81bc\xfa\x40\x21\xfb\x41\x23\xfb", {"a": 1, "bc": True}),
        (b"\xfa\xc0" + "é".encode() + b"\xfa\x40\xc2\xfb\xfb", {"é": {"é": 1}}),
    ],
)
def test_a_value_is_read_and_no_shorter_piece_of_it(written, value):
    assert loads(HEAD + written) == value
    for end in range(len(written)):
        with pytest.raises(ValueError, match=r"ends in the middle|subsection not found"):
            loads((HEAD + written)[: len(HEAD) + end])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"", "it begins with , which"),
        (b"{}", "it begins with 7b7d, which"),
        (b":)\n\x07\xc0", "it begins with 3a290a07, which"),  # texts told once
        (HEAD + b"\x29" + bytes(10), "byte 4 is 0x29, which"),  # a fraction
        (HEAD + b"\x01", "byte 4 is 0x01, which"),
        (HEAD + b"\xfa\x30\x00\xc0\xfb", "byte 5 is 0x30, which"),
    ],
)
def test_what_is_not_known_is_told_with_its_place(written, words):
    with pytest.raises(ValueError, match=words):
        loads(written)
