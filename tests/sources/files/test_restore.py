"""What comes back is what was there; what stands in the place is moved aside, and nothing else is touched."""

import os

import pytest

from tests.sources.files.hands import picture
from tests.system import disks
from workers.artifact import Kind, Role
from workers.errors import Corrupt, Permanent, Refused
from workers.sources.files import prepare
from workers.sources.files.site import site


def test_everything_comes_back_as_it_was(hands, tmp_path):
    os.setxattr(hands.root / "first", "user.note", b"\0\xff")
    os.setxattr(hands.root / "a", "user.folder", b"yes")
    os.chown(hands.root / "a-b", 1234, 4321)
    before = picture(hands.root)
    outcome = hands.restore(hands.full(), tmp_path / "out")
    assert picture(tmp_path / "out") == before
    assert outcome.warnings == ()
    assert (tmp_path / "out/sparse").stat().st_blocks < 1000


@pytest.mark.parametrize("many", [1, 2, 100])
def test_segments_of_any_size_give_the_same_tree(hands, tmp_path, many):
    hands.restore(hands.full(many), tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)


def test_what_stands_in_the_place_is_moved_aside_and_named(hands):
    backup, before = hands.full(), picture(hands.root)
    (hands.root / "later").touch()
    after = picture(hands.root)
    outcome = hands.restore(backup, hands.root, confirm="uploads")
    aside = next(path for path in hands.root.parent.iterdir() if ".before-" in path.name)
    assert outcome.warnings == (f"what stood there before is now {aside}",)
    assert (picture(hands.root), picture(aside)) == (before, after)


def test_nothing_is_left_beside_the_place(hands, tmp_path):
    hands.restore(hands.full(), tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"uploads", "work", "out"}


def test_a_refused_restore_leaves_nothing(hands, tmp_path):
    backup = hands.full()
    for into in (hands.root, tmp_path / "no" / "such"):
        with pytest.raises(Refused):
            hands.restore(backup, into)
    assert {path.name for path in tmp_path.iterdir()} == {"uploads", "work"}


@pytest.mark.parametrize("into", ["relative", "/", "/proc/.."])
def test_a_place_that_is_no_folder_of_its_own_is_refused(hands, into):
    with pytest.raises(Refused, match="absolute path"):
        hands.source.place(into)


def test_a_mount_point_is_refused_with_the_reason(hands):
    backup = hands.full()
    with pytest.raises(Refused, match="mount point"):
        hands.source.prepare(hands.order(backup, "/dev/shm", confirm="uploads"), backup.of(Role.INDEX))


def test_an_index_that_cannot_be_trusted_leaves_nothing(hands, tmp_path):
    backup = hands.full()
    with pytest.raises(Corrupt, match="out of order"):
        hands.source.prepare(hands.order(backup, tmp_path / "out"), [*backup.of(Role.INDEX)] * 2)
    assert {path.name for path in tmp_path.iterdir()} == {"uploads", "work"}


def test_bytes_that_are_not_those_of_the_index_are_corrupt(hands, tmp_path):
    backup = hands.full(100)
    _, plain = backup.of(Role.DATA)[0]
    plain.write_bytes(plain.read_bytes().replace(b"one inode", b"two inode"))
    with pytest.raises(Corrupt, match="a/second"):
        hands.restore(backup, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_large_file_whose_piece_is_wrong_is_found_before_the_exchange(hands, tmp_path):
    backup = hands.full(1)
    _, plain = next(piece for piece in backup.of(Role.DATA) if b"large\0" in piece[1].read_bytes()[:512])
    plain.write_bytes(plain.read_bytes()[:-1] + b"?")
    with pytest.raises(Corrupt, match="large"):
        hands.restore(backup, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_segment_that_never_came_is_found_before_the_exchange(hands, tmp_path):
    backup = hands.full(1)
    backup.pieces.remove(backup.of(Role.DATA)[1])
    with pytest.raises(Permanent):
        hands.restore(backup, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_finish_that_died_after_the_exchange_ends_well_at_the_next_try(hands, tmp_path):
    backup, out = hands.full(), tmp_path / "out"
    order = hands.order(backup, out)
    first = hands.restore(backup, out)
    work = site(order)
    work.begin()
    work.index.touch()
    work.begin_moving()
    work.note(first)
    assert hands.source.finish(order, []) == first
    assert not work.folder.exists()


def test_another_kind_needs_a_parent(hands):
    with pytest.raises(Refused, match="index of its parent"):
        hands.source.dump(Kind.INCREMENTAL)
    with pytest.raises(Refused, match="no parent"):
        hands.source.dump_since(Kind.FULL, [])


def test_a_place_with_the_longest_name_is_moved_aside_under_a_shorter_one(hands, tmp_path):
    backup, place = hands.full(), tmp_path / ("업" * 85)  # 255 bytes
    (place / "there").mkdir(parents=True)
    outcome = hands.restore(backup, place, confirm="uploads")
    assert picture(place) == picture(hands.root)
    assert ".before-" in outcome.warnings[0]


def test_a_disk_that_fills_up_during_a_restore_is_told_and_what_stood_there_stays(hands, tmp_path, monkeypatch):
    backup = hands.full()
    with disks.small(tmp_path / "disk", "3M") as disk:
        (disk / "place").mkdir()
        (disk / "place" / "precious").write_text("here")
        with pytest.raises(Refused, match="has no room for the restored files"):
            hands.restore(backup, disk / "place", confirm="uploads")
        monkeypatch.setattr(prepare, "room", lambda *_: None)  # somebody else fills the disk after it was looked at
        with pytest.raises(Permanent, match=r"cannot restore .*: no room left"):
            hands.restore(backup, disk / "place", confirm="uploads")
        assert (disk / "place" / "precious").read_text() == "here"
