"""The CRC that proves a form on its way through the spool."""

import random

from hypothesis import given
from hypothesis import strategies as st

from workers.crc import Crc64


def crc(*pieces: bytes) -> str:
    found = Crc64()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def test_it_is_the_crc_64_of_the_catalogue() -> None:
    assert crc(b"123456789") == "995dc9bbdf1939fa"  # CRC-64/XZ, as the catalogue of parametrised CRC algorithms checks it


@given(st.lists(st.binary(max_size=5000), max_size=8))
def test_it_does_not_matter_in_which_pieces_the_bytes_come(pieces: list[bytes]) -> None:
    assert crc(*pieces) == crc(b"".join(pieces))


def test_every_flip_of_one_bit_and_every_swap_of_two_halves_is_noticed() -> None:
    chance = random.Random(1)
    body = chance.randbytes(5000)
    for _ in range(500):
        at, bit = chance.randrange(len(body)), 1 << chance.randrange(8)
        assert crc(body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]) != crc(body)
        assert crc(body[at:] + body[:at]) != crc(body) or not at
