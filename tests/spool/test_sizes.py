"""How large segments are."""

import os

import pytest
import zstandard
from pyrage import encrypt, x25519

from workers.errors import Permanent
from workers.spool.sizes import FLYING, KIB, MIB, MOST, both_forms, largest, stored_at_most, streams, target


def test_segments_double_after_every_fourth_and_stay_below_128_mib() -> None:
    sizes = [target(number, 4096 * MIB) // MIB for number in range(1, 20)]
    assert sizes == [16] * 4 + [32] * 4 + [64] * 4 + [128] * 7


def test_the_millionth_segment_has_a_size_too() -> None:
    assert target(1_000_000, 4096 * MIB) == MOST


def test_the_default_spool_allows_segments_of_15_mib() -> None:
    assert {target(number, 96 * MIB) for number in (1, 5, 100)} == {15 * MIB}


@pytest.mark.parametrize("limit", [600 * KIB, MIB, 8 * MIB, 96 * MIB, 1000 * MIB, 10_000 * MIB])
def test_three_segments_fit_at_their_worst_and_more_would_be_wasteful(limit: int) -> None:
    size = largest(limit)
    step = MIB if limit >= 8 * MIB else 64 * KIB
    assert FLYING * both_forms(size) <= limit
    assert size == MOST or FLYING * both_forms(size + step) > limit or size + step > limit // 6


@pytest.mark.parametrize("limit", [600 * KIB, MIB, 8 * MIB, 96 * MIB, 1000 * MIB, 10_000 * MIB])
def test_where_the_plain_form_is_the_stored_one_segments_are_larger_and_three_fit_all_the_same(limit: int) -> None:
    size = largest(limit, stays=True)
    assert both_forms(size) + (FLYING - 1) * size <= limit
    assert size >= largest(limit)


def test_the_default_spool_allows_segments_of_23_mib_that_are_stored_as_they_are() -> None:
    assert {target(number, 96 * MIB, stays=True) for number in (5, 100)} == {23 * MIB}


@pytest.mark.parametrize(("limit", "count"), [(600 * KIB, 1), (48 * MIB, 1), (64 * MIB, 1), (96 * MIB, 3), (1000 * MIB, 60)])
def test_as_many_streams_cut_as_have_room_for_segments_of_8_mib(limit: int, count: int) -> None:
    assert streams(limit) == count
    assert count == 1 or largest(limit, count) >= 7 * MIB
    assert (count + 2) * both_forms(largest(limit, count)) <= limit


def test_a_spool_that_holds_nothing_is_named() -> None:
    with pytest.raises(Permanent, match=r"spool\.bytes = 1000 is too small"):
        largest(1000)


@pytest.mark.parametrize("count", [1, 64 * KIB, 3 * MIB + 7])
def test_noise_compressed_and_encrypted_stays_below_the_worst_case(count: int) -> None:
    packed = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(os.urandom(count))
    stored = encrypt(packed, [x25519.Identity.generate().to_public() for _ in range(20)])
    assert count < len(stored) <= stored_at_most(count)
