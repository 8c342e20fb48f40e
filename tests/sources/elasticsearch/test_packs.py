"""Files go into segments and come back the same, in any order and more than once; tar alone unpacks them, too."""

import io
import random
import subprocess
import tarfile

import pytest

from tests.sources.elasticsearch.test_footer import lucene
from workers.errors import Corrupt, Permanent
from workers.sources.elasticsearch.contents import PIECE
from workers.sources.elasticsearch.packs import packed, tidy, unpack

BLOB = "indices/abc/0/__xyz"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "live" / "indices" / "abc" / "0").mkdir(parents=True)
    return tmp_path / "live"


def blocks(root, *files):
    return list(packed(root, files))


@pytest.mark.parametrize("length", [0, 1, 511, PIECE - 16, PIECE - 15, 3 * PIECE + 5])
def test_a_file_comes_back_whatever_its_size_and_the_order_of_its_blocks(root, tmp_path, length):
    (root / BLOB).write_bytes(lucene(random.Random(length).randbytes(length)))
    found = blocks(root, BLOB)
    assert max(map(len, found)) <= PIECE + 2 * tarfile.BLOCKSIZE
    for block in [*reversed(found), *found]:
        (tmp_path / "plain").write_bytes(block)
        unpack(tmp_path / "plain", tmp_path)
    assert (tmp_path / BLOB).read_bytes() == (root / BLOB).read_bytes()
    assert (tmp_path / BLOB).stat().st_mode & 0o777 == 0o644


def test_the_same_files_make_the_same_bytes(root):
    (root / BLOB).write_bytes(lucene(b"one"))
    first = blocks(root, BLOB)
    (root / BLOB).touch()
    assert blocks(root, BLOB) == first


def test_tar_unpacks_a_segment(root, tmp_path):
    (root / BLOB).write_bytes(lucene(b"one"))
    (tmp_path / "plain").write_bytes(b"".join(blocks(root, BLOB) * 2))
    subprocess.run(["tar", "-xf", tmp_path / "plain", "-C", tmp_path], check=True)
    assert (tmp_path / BLOB).read_bytes() == lucene(b"one")


def test_a_blob_in_parts_is_proven_as_one(root):
    data = lucene(bytes(100))
    (root / f"{BLOB}.part0").write_bytes(data[:60])
    (root / f"{BLOB}.part1").write_bytes(data[60:])
    assert len(blocks(root, f"{BLOB}.part0", f"{BLOB}.part1")) == 2
    (root / f"{BLOB}.part0").write_bytes(bytes([1]) + data[1:60])
    with pytest.raises(Corrupt, match="part1 is damaged"):
        blocks(root, f"{BLOB}.part0", f"{BLOB}.part1")


def test_a_file_that_vanished_is_named(root):
    with pytest.raises(Permanent, match="__xyz vanished while it was copied"):
        blocks(root, BLOB)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "indices/../../x", "a/b", "indices/a/0/1/x", ".."])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    head = tarfile.TarInfo(name)
    head.size = 1
    (tmp_path / "plain").write_bytes(head.tobuf() + b"x" + bytes(511))
    (tmp_path / "back").mkdir()
    with pytest.raises(Corrupt, match="no file of a snapshot repository"):
        unpack(tmp_path / "plain", tmp_path / "back")
    assert list((tmp_path / "back").rglob("*")) == []


def test_what_is_no_file_is_refused(tmp_path):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        link = tarfile.TarInfo("index-0")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (tmp_path / "plain").write_bytes(stream.getvalue())
    with pytest.raises(Corrupt):
        unpack(tmp_path / "plain", tmp_path / "back")


@pytest.mark.parametrize("data", [b"no tar", bytes(100), b"x" * 1024])
def test_what_is_no_tar_is_refused(tmp_path, data):
    (tmp_path / "plain").write_bytes(data)
    with pytest.raises(Corrupt, match="no tar"):
        unpack(tmp_path / "plain", tmp_path / "back")


def test_tidying_leaves_what_is_wanted(root):
    for name in (BLOB, "index-0", "index-1", f"{BLOB}.12345678.coming"):
        (root / name).touch()
    tidy(root, [BLOB, "index-1"])
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()) == ["index-1", BLOB]
