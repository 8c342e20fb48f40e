import hashlib
import io
from pathlib import Path

import pytest

from workers.artifact import Form
from workers.errors import Permanent
from workers.transforms.checksum import BLOCK, Hashing, copy, form_of


@pytest.mark.parametrize("size", [0, 1, BLOCK, 2 * BLOCK + 1])
def test_the_form_of_a_file_is_its_size_and_sha256(tmp_path: Path, size: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    expected = Form(size, hashlib.sha256(b"x" * size).hexdigest())
    assert form_of(file) == form_of(b"x" * size) == form_of(io.BytesIO(b"x" * size)) == expected


def test_a_copy_tells_the_form_of_what_it_copied() -> None:
    source, sink = io.BytesIO(b"skipped" + b"x" * BLOCK + b"y"), io.BytesIO()
    source.seek(7)
    assert copy(source, sink) == form_of(sink.getvalue()) == form_of(b"x" * BLOCK + b"y")


def test_a_hashing_file_passes_on_what_it_counts() -> None:
    sink = io.BytesIO()
    writer, reader = Hashing(sink), Hashing(io.BytesIO(b"abc"))
    assert (writer.write(b"ab"), writer.write(b"c"), reader.read(2), reader.read()) == (2, 1, b"ab", b"c")
    assert writer.form == reader.form == form_of(sink.getvalue()) == form_of(b"abc")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="gone: No such file"):
        form_of(tmp_path / "gone")
