import os
import threading
from pathlib import Path

import pyrage
import pytest
import zstandard
from pydantic import SecretStr

from workers.artifact import Form
from workers.crc import Crc64
from workers.errors import Corrupt, Permanent, Transient
from workers.ports import Transform
from workers.transforms import decoders, encoders
from workers.transforms.checksum import form_of
from workers.transforms.stream import Expected, decode, encode

IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENTS = (str(IDENTITY.to_public()),)
SECRET = SecretStr(str(IDENTITY))


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    file = tmp_path / "plain"
    file.write_bytes(b"".join(b"(%d,'row'),\n" % number for number in range(300_000)) + os.urandom(300_000))
    return file


@pytest.mark.parametrize("recipients", [(), RECIPIENTS], ids=["zst", "zst.age"])
def test_a_chain_goes_there_and_back_in_one_pass(plain: Path, tmp_path: Path, recipients: tuple[str, ...]) -> None:
    transforms = encoders(3, recipients)
    stored, back = tmp_path / "stored", tmp_path / "back"
    made = encode(plain, stored, transforms, Expected(form_of(plain)))
    assert (made.form, made.crc) == (form_of(stored), form_of(stored, Crc64).sha256)
    assert decode(stored, back, decoders("".join(transform.suffix for transform in transforms), SECRET)) == form_of(plain) == form_of(back)
    assert {path.name for path in tmp_path.iterdir()} == {"back", "plain", "stored"}


def test_the_size_of_a_segment_stands_in_its_frame(plain: Path, tmp_path: Path) -> None:
    encode(plain, tmp_path / "stored", encoders(3), Expected(form_of(plain)))
    assert zstandard.frame_content_size((tmp_path / "stored").read_bytes()) == plain.stat().st_size


def test_a_result_is_readable_by_its_owner_alone(plain: Path, tmp_path: Path) -> None:
    encode(plain, tmp_path / "stored", encoders(3), Expected(form_of(plain)))
    assert (tmp_path / "stored").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", [0.3, 0.9999])
def test_a_cut_file_is_corrupt_and_leaves_nothing(plain: Path, tmp_path: Path, part: float) -> None:
    stored = tmp_path / "stored"
    made = encode(plain, stored, encoders(3, RECIPIENTS), Expected(form_of(plain)))
    os.truncate(stored, int(made.form.bytes * part))
    with pytest.raises(Corrupt, match="age stream is damaged"):
        decode(stored, tmp_path / "back", decoders(".zst.age", SECRET))
    assert not (tmp_path / "back").exists()


def test_the_later_stage_is_named_where_it_was_the_first_to_fail(plain: Path, tmp_path: Path) -> None:
    age = encoders(3, RECIPIENTS)[1:]
    encode(plain, tmp_path / "not-zstd", age, Expected(form_of(plain)))
    with pytest.raises(Corrupt, match="zstd frame"):
        decode(tmp_path / "not-zstd", tmp_path / "back", decoders(".zst.age", SECRET))


def test_no_thread_outlives_a_failure(plain: Path, tmp_path: Path) -> None:
    before, stranger = threading.active_count(), SecretStr(str(pyrage.x25519.Identity.generate()))
    encode(plain, tmp_path / "stored", encoders(3, RECIPIENTS), Expected(form_of(plain)))
    with pytest.raises(Permanent, match="no identity given fits"):
        decode(tmp_path / "stored", tmp_path / "back", decoders(".zst.age", stranger))
    assert threading.active_count() == before


@pytest.mark.parametrize("transforms", [encoders(3), encoders(3, RECIPIENTS)], ids=["zst", "zst.age"])
def test_a_full_spool_is_tried_again_and_left_clean(plain: Path, tmp_path: Path, transforms: tuple[Transform, ...]) -> None:
    (tmp_path / "stored").symlink_to("/dev/full")
    with pytest.raises(Transient, match=f"{plain}: No space left"):
        encode(plain, tmp_path / "stored", transforms, Expected(form_of(plain)))
    assert list(tmp_path.iterdir()) == [plain]


def test_a_missing_source_is_named_and_makes_no_result(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="gone is missing"):
        encode(tmp_path / "gone", tmp_path / "stored", encoders(3), Expected(Form(0, "")))
    assert not list(tmp_path.iterdir())


def test_a_source_that_is_not_what_was_recorded_is_corrupt_and_leaves_nothing(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="plain is not what was recorded"):
        encode(plain, tmp_path / "stored", encoders(3), Expected(form_of(b"other")))
    assert list(tmp_path.iterdir()) == [plain]


def test_an_unknown_suffix_is_corrupt_and_names_the_known_ones() -> None:
    for unknown in (".gz", ".zst.gpg"):
        with pytest.raises(Corrupt, match=r"known are \.zst, \.age"):
            decoders(unknown)


def test_what_has_no_suffix_is_stored_as_it_is(plain: Path, tmp_path: Path) -> None:
    assert decode(plain, tmp_path / "back", decoders("")) == form_of(plain)
    assert (tmp_path / "back").read_bytes() == plain.read_bytes()
