"""One file as it is: its holes, its attributes, and whether its times can be trusted."""

import os

import pytest

from workers.sources.files.reading import Gone, reading, xattrs
from workers.sources.files.scan import Seen

MIB = 1 << 20


@pytest.fixture
def see(tmp_path):
    """A name in a folder, as a walk meets it."""
    folder = os.open(tmp_path, os.O_RDONLY)
    yield lambda name: Seen(name, os.fsencode(name), folder, (tmp_path / name).lstat())
    os.close(folder)


def holes(path, *data):
    with path.open("wb") as file:
        file.truncate(8 * MIB)
        for offset, length in data:
            file.seek(offset)
            file.write(b"x" * length)


@pytest.mark.parametrize("data", [((0, 4096), (MIB, 4096)), ((5 * MIB, MIB),), ((8 * MIB - 4096, 4096),)])
def test_extents_are_the_data_between_holes(see, tmp_path, data):
    holes(tmp_path / "sparse", *data)
    with reading(see("sparse")) as read:
        assert read.extents() == data


def test_a_file_of_one_hole_has_no_data_and_still_is_sparse(see, tmp_path):
    holes(tmp_path / "sparse")
    with reading(see("sparse")) as read:
        assert read.extents() == ((8 * MIB, 0),)


def test_small_holes_are_read_as_zeros(see, tmp_path):
    holes(tmp_path / "sparse", (0, 4096), (8192, 4096), (MIB, 4096))
    with reading(see("sparse")) as read:
        assert read.extents() == ((0, 12288), (MIB, 4096))


def test_a_file_without_holes_has_no_extents(see, tmp_path):
    (tmp_path / "dense").write_bytes(b"x" * MIB)
    with reading(see("dense")) as read:
        assert read.extents() == ()


@pytest.mark.parametrize("make", ["symlink", "mkfifo", "mkdir"])
def test_what_took_the_name_of_a_file_is_not_read(see, tmp_path, make):
    path = tmp_path / "x"
    {"symlink": lambda: path.symlink_to("/etc/passwd"), "mkfifo": lambda: os.mkfifo(path), "mkdir": path.mkdir}[make]()
    with pytest.raises(Gone, match="no file any more"), reading(see("x")):
        pass


def test_a_file_that_was_just_written_is_fresh_and_an_old_one_is_not(see, tmp_path, root):
    (tmp_path / "new").touch()
    with reading(see("new")) as read:
        assert read.fresh
    with reading(see("uploads/a-b")) as read:
        assert not read.fresh


def test_attributes_come_sorted_in_base64(see, tmp_path):
    (tmp_path / "x").touch()
    for name, value in (("user.z", b"\xff"), ("user.a", b"")):
        os.setxattr(tmp_path / "x", name, value)
    with reading(see("x")) as read:
        assert xattrs(read.fd) == (("user.a", ""), ("user.z", "/w=="))
