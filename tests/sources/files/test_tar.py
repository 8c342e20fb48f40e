"""Headers as GNU tar and Python read them."""

import io
import tarfile

import pytest

from workers.sources.files.entry import Entry, Stat, Type
from workers.sources.files.tar import END, RECORD, Shape, header, padding


def member(entry, data=b"", shape=None):
    """The one member of an archive, as Python's tarfile sees it, and its bytes."""
    archive = header(entry, shape or Shape(len(data))) + data + padding(len(data)) + END
    assert len(archive) % RECORD == 0
    with tarfile.open(fileobj=io.BytesIO(archive), errors="surrogateescape") as tar:
        found = tar.getmembers()
        assert len(found) == 1
        file = tar.extractfile(found[0]) if found[0].isreg() else None
        return found[0], file.read() if file else b""


@pytest.mark.parametrize("path", ["a", "한글/파일", "x" * 100, "x" * 101, "d/" * 200 + "x" * 255, "\udcff\udcfe"])
def test_names_of_any_length_and_bytes_are_read_back(path):
    found, data = member(Entry(path, Stat(Type.FILE, 3, mode=0o640)), b"abc")
    assert (found.name, data, found.mode) == (path, b"abc", 0o640)


@pytest.mark.parametrize("sign", [b"\xff", b"\x01", b"a"])
def test_the_checksum_is_the_sum_of_the_bytes(sign):
    path = (sign * 100).decode("utf-8", "surrogateescape")
    head = header(Entry(path, Stat(Type.FILE, 8**11 - 1, uid=8**7 - 1), path[:31], path[:31], link=path))
    assert int(head[148:154], 8) == sum(head) - sum(head[148:156]) + 8 * ord(" ")


def test_owner_and_time_are_read_back():
    found, _ = member(Entry("a", Stat(Type.FILE, 0, 1_700_000_000 * 10**9, 0, 0, 0o4755, 1000, 100), "kim", "users"))
    assert (found.mtime, found.uid, found.gid, found.uname, found.gname, found.mode) == (1_700_000_000, 1000, 100, "kim", "users", 0o4755)


@pytest.mark.parametrize(("uid", "seconds"), [(1 << 31, 5), (5, -5), (5, 1 << 40)])
def test_numbers_that_ustar_cannot_hold_are_read_back(uid, seconds):
    found, _ = member(Entry("a", Stat(Type.FILE, 0, seconds * 10**9, uid=uid)))
    assert (found.uid, found.mtime) == (uid, seconds)


def test_a_file_above_8_gib_says_its_size():
    size = 9 << 30
    with tarfile.open(fileobj=io.BytesIO(header(Entry("a", Stat(Type.FILE, size)), Shape(size)))) as tar:
        assert tar.next().size == size


@pytest.mark.parametrize(
    ("kind", "more", "check"),
    [
        (Type.FOLDER, {}, tarfile.TarInfo.isdir),
        (Type.SYMLINK, {"target": "t" * 150}, tarfile.TarInfo.issym),
        (Type.PIPE, {}, tarfile.TarInfo.isfifo),
        (Type.FILE, {"link": "t" * 150}, tarfile.TarInfo.islnk),
    ],
)
def test_what_is_no_file_keeps_its_type_and_target(kind, more, check):
    found, _ = member(Entry("a", Stat(kind), **more))
    assert check(found)
    assert found.linkname == next(iter(more.values()), "")


def test_attributes_are_records_of_star():
    found, _ = member(Entry("a", Stat(Type.FILE), xattrs=(("user.x", "AAH/"),)))
    assert found.pax_headers["SCHILY.xattr.user.x"].encode("utf-8", "surrogateescape") == b"\0\1\xff"


@pytest.mark.parametrize("extents", [((0, 4), (1000, 2)), ((512, 6),), ((10_000, 0),)])
def test_a_sparse_file_is_read_back_with_its_holes(extents):
    stored = b"abcdef"[: sum(length for _, length in extents)]
    found, data = member(Entry("d/" * 60 + "sparse", Stat(Type.FILE, 10_000)), stored, Shape(len(stored), extents))
    wanted, left = bytearray(10_000), stored
    for offset, length in extents:
        wanted[offset : offset + length], left = left[:length], left[length:]
    assert (found.name, data) == ("d/" * 60 + "sparse", bytes(wanted))
