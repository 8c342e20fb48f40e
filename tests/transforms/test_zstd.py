import io
import random
from pathlib import Path

import pytest
import zstandard

from tests.contracts.transform import TransformContract
from workers.errors import Corrupt, Refused
from workers.transforms.zstd import NEARLY, SAMPLE, WINDOW, Zstd


class TestZstd(TransformContract):
    recipe = "from workers.transforms.zstd import Zstd\ntransform = Zstd(3)"

    def transform(self) -> Zstd:
        return Zstd(3)


def encoded(plain: bytes, **options: object) -> bytes:
    """A frame of another writer."""
    return zstandard.ZstdCompressor(**options).compress(plain)


def decode(stored: bytes) -> bytes:
    sink = io.BytesIO()
    Zstd().decode(io.BytesIO(stored), sink)
    return sink.getvalue()


def test_the_frame_states_its_size_and_has_a_checksum(tmp_path: Path) -> None:
    plain, stored = tmp_path / "plain", io.BytesIO()
    plain.write_bytes(b"x" * 100_000)
    with plain.open("rb") as source:
        Zstd(3).encode(source, stored)
    frame = zstandard.get_frame_parameters(stored.getvalue())
    assert (frame.content_size, frame.has_checksum) == (100_000, True)


def test_a_frame_without_checksum_is_refused() -> None:
    with pytest.raises(Corrupt, match="no checksum"):
        decode(encoded(b"hello" * 100))


def test_a_frame_that_asks_for_too_much_memory_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False, write_checksum=True)
    sink = io.BytesIO()
    zstandard.ZstdCompressor(compression_params=wide).copy_stream(io.BytesIO(b"x" * 100), sink)
    with pytest.raises(Corrupt, match=f"{WINDOW} are allowed"):
        decode(sink.getvalue())


def test_the_highest_level_can_be_decoded() -> None:
    sink = io.BytesIO()
    Zstd(22).encode(io.BytesIO(b"hello" * 100_000), sink)
    assert decode(sink.getvalue()) == b"hello" * 100_000


def test_a_level_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(Refused, match=r"no zstd level 23; 1 .* to 22"):
        Zstd(23)


def stored(plain: bytes, level: int) -> bytes:
    sink = io.BytesIO()
    Zstd(level).encode(io.BytesIO(plain), sink)
    assert decode(sink.getvalue()) == plain
    return sink.getvalue()


def test_a_lower_level_is_taken_where_a_higher_one_gains_nothing() -> None:
    noise = random.Random(7).randbytes(SAMPLE).hex().encode()
    assert stored(noise, 19) == stored(noise, 1)
    assert len(encoded(noise, level=19)) != len(encoded(noise, level=1))


def test_the_level_is_kept_where_it_makes_things_smaller() -> None:
    words = random.Random(7).choices([f"word{number}" for number in range(3000)], k=300_000)
    prose = " ".join(words).encode()
    assert len(prose) > 2 * SAMPLE
    assert len(stored(prose, 9)) < len(encoded(prose, level=1, write_checksum=True)) / NEARLY


def test_what_is_shorter_than_a_sample_gets_the_level_that_was_asked_for() -> None:
    noise = random.Random(7).randbytes(SAMPLE - 1)
    assert stored(noise, 12) == encoded(noise, level=12, write_checksum=True)


def test_a_source_that_gives_few_bytes_at_once_is_read_whole() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 7) if size and size > 0 else 7)

    sink = io.BytesIO()
    Zstd().decode(Slow(encoded(b"hello" * 9000, write_checksum=True)), sink)
    assert sink.getvalue() == b"hello" * 9000
