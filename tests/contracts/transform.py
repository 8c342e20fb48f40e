"""What every transform must do. A new one inherits this class and says how it is made, and which errors damage may raise."""

import io
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.command import die_with_parent
from workers.errors import Corrupt, Permanent
from workers.ports import Transform

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
SMALL = b"INSERT INTO `users` VALUES (1,'\xea\xb9\x80');\n" * 3
MIB = 1 << 20


class TransformContract:
    """`transform` makes the transform under test; `recipe` is the same as a Python expression, for a child process."""

    recipe: str
    damage: tuple[type[Permanent], ...] = (Corrupt,)

    def transform(self) -> Transform:
        raise NotImplementedError

    def encoded(self, plain: bytes) -> bytes:
        sink = io.BytesIO()
        self.transform().encode(io.BytesIO(plain), sink)
        return sink.getvalue()

    def decoded(self, stored: bytes) -> bytes:
        sink = io.BytesIO()
        self.transform().decode(io.BytesIO(stored), sink)
        return sink.getvalue()

    @FEW
    @given(st.binary(max_size=5000))
    def test_what_was_encoded_comes_back(self, plain: bytes) -> None:
        assert self.decoded(self.encoded(plain)) == plain

    @pytest.mark.parametrize("plain", [b"", b"\0" * 3 * MIB, bytes(range(256)) * 10_000], ids=["empty", "zeros", "all bytes"])
    def test_empty_and_large_streams_come_back(self, plain: bytes) -> None:
        assert self.decoded(self.encoded(plain)) == plain

    def test_a_stream_cut_at_any_byte_is_corrupt(self) -> None:
        stored = self.encoded(SMALL)
        for cut in range(len(stored)):
            with pytest.raises(self.damage):
                self.decoded(stored[:cut])

    def test_a_large_stream_cut_near_its_blocks_is_corrupt(self) -> None:
        stored = self.encoded(bytes(range(256)) * 2000)
        for cut in {len(stored) - 1, len(stored) - 4, len(stored) - 5, len(stored) // 2}:
            with pytest.raises(self.damage):
                self.decoded(stored[:cut])

    def test_no_flipped_bit_yields_other_bytes(self) -> None:
        stored = self.encoded(SMALL)
        found = 0
        for place in range(len(stored) * 8):
            bent = bytearray(stored)
            bent[place // 8] ^= 1 << place % 8
            try:
                assert self.decoded(bytes(bent)) == SMALL
            except self.damage:
                found += 1
        assert found > len(stored) * 7

    @FEW
    @given(st.binary(min_size=1, max_size=40))
    def test_bytes_after_the_end_are_corrupt(self, tail: bytes) -> None:
        with pytest.raises(self.damage):
            self.decoded(self.encoded(SMALL) + tail)

    def test_a_stream_twice_is_corrupt(self) -> None:
        with pytest.raises(self.damage):
            self.decoded(self.encoded(SMALL) * 2)

    @FEW
    @given(st.binary(max_size=200))
    def test_bytes_from_anywhere_are_corrupt(self, noise: bytes) -> None:
        with pytest.raises(self.damage):
            self.decoded(noise)

    def test_a_full_disk_is_reported_as_what_it_is(self) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
            self.transform().encode(io.BytesIO(bytes(4 * MIB)), full)

    def test_memory_does_not_grow_with_the_stream(self) -> None:
        assert self.peak(64) - self.peak(8) < 6 * MIB

    def peak(self, mebibytes: int) -> int:
        """The most memory, in bytes, that a child used to send a stream there and back."""
        code = f"from tests.contracts.transform import there_and_back as go\n{self.recipe}\ngo(transform, {mebibytes})"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, preexec_fn=die_with_parent)
        assert child.returncode == 0, child.stderr.decode()
        return int(child.stdout)


def there_and_back(transform: Transform, mebibytes: int) -> None:
    """Encode and decode that much text, half of it zeros, through a file; print the process's peak memory in bytes."""
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as stored, Path("/dev/null").open("wb") as sink:
        for number in range(mebibytes):
            plain.write(bytes(MIB) if number % 2 else b"%8d" % number * (MIB // 8))
        plain.seek(0)
        transform.encode(plain, stored)
        stored.seek(0)
        transform.decode(stored, sink)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
