"""What comes back is what was there; what stands in the place is moved aside, and nothing else is touched."""

import os
import subprocess

import pytest

from tests.sources.files.hands import access, picture
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


def test_an_ordinary_user_gets_folders_back_that_not_even_he_may_change_and_hears_what_is_not_as_it_was(hands, nobody):
    (hands.root / "a" / "deep").chmod(0o555)
    hands.root.chmod(0o555)
    for name, owner in (("a-b", (1234, 4321)), ("a", (0, 4321))):
        os.chown(hands.root / name, *owner)
    backup, out = hands.full(), hands.root.parent / "work" / "out"
    with nobody(hands.root):
        outcome = hands.restore(backup, out)
        assert [(out / name).stat().st_mode & 0o7777 for name in (".", "a", "a/deep", "a/run.sh")] == [0o555, 0o750, 0o555, 0o755]
        assert (out / "a-b").stat().st_uid == 65534
        work = site(hands.order(backup, out))
        work.begin(work.tree, work.tree / "closed")
        (work.tree / "closed" / "f").touch()
        (work.tree / "closed").chmod(0o555)
        work.begin(work.tree)  # the next restore to the same place
        assert list(work.tree.iterdir()) == []
    told = "set-id bits would act for another owner"
    assert [words for words in outcome.warnings if told in words] == [
        f"a: has not its mode 2750 back: {told}",
        f"a/run.sh: has not its mode 4755 back: {told}",
    ]
    assert "a-b: belongs to the restoring user: only root can give files away" in outcome.warnings


def test_set_id_bits_and_capabilities_come_back_with_an_owner_who_is_not_root(hands, tmp_path):
    program, held = hands.root / "a" / "run.sh", bytes.fromhex("0100000200040000000000000000000000000000")
    os.chown(program, 1234, 4321)
    program.chmod(0o6755)
    os.setxattr(program, "security.capability", held)
    hands.restore(hands.full(), tmp_path / "out")
    found = tmp_path / "out" / "a" / "run.sh"
    assert (found.stat().st_uid, found.stat().st_mode & 0o7777, os.getxattr(found, "security.capability")) == (1234, 0o6755, held)


def test_access_lists_that_a_folder_hands_down_let_nobody_into_what_is_restored(hands, tmp_path):
    os.setxattr(hands.root / "first", "system.posix_acl_access", access(user=1234))
    before, backup = picture(hands.root), hands.full()
    os.setxattr(tmp_path, "system.posix_acl_default", access(user=4321))
    assert hands.restore(backup, tmp_path / "out").warnings == ()
    assert picture(tmp_path / "out") == before


def test_a_sparse_file_keeps_its_attributes_and_its_holes(hands, tmp_path):
    os.setxattr(hands.root / "sparse", "user.note", b"\0 kept\n")
    backup = hands.full()
    hands.restore(backup, tmp_path / "out")
    (tmp_path / "by hand").mkdir()
    subprocess.run(["tar", "--xattrs", "-xpf", backup.tar(tmp_path / "a.tar"), "-C", tmp_path / "by hand"], check=True)
    for found in (tmp_path / "out" / "sparse", tmp_path / "by hand" / "sparse"):
        assert os.getxattr(found, "user.note") == b"\0 kept\n"
        assert found.read_bytes() == (hands.root / "sparse").read_bytes()
        assert found.stat().st_blocks < 1000


def test_what_the_backup_could_not_read_is_told_where_it_is_not_restored(hands, nobody, tmp_path):
    (hands.root / "first").chmod(0)
    with nobody(hands.root):
        backup = hands.full()
    told = ("a/second: cannot be read: Permission denied", "first: cannot be read: Permission denied")
    assert hands.restore(backup, tmp_path / "out").warnings == told
    assert hands.restore(backup, tmp_path / "some", objects=("a*", "[fl]*")).warnings == told
    with pytest.raises(Refused, match=r"f\?rst: first could not be read for backup"):
        hands.restore(backup, tmp_path / "none", objects=("a-b", "f?rst"))


def test_times_of_other_centuries_come_back(hands, tmp_path):
    for name, seconds in (("a-b", 15 * 10**9), ("large", -2 * 10**9), ("link", 0), ("a", 12 * 10**9)):
        os.utime(hands.root / name, ns=(0, seconds * 10**9 + 7), follow_symlinks=False)
    hands.restore(hands.full(), tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)
    assert (tmp_path / "out" / "a-b").stat().st_mtime_ns == 15 * 10**18 + 7


def test_forty_levels_of_the_longest_names_come_back(hands, tmp_path):
    below = [os.open(hands.root, os.O_RDONLY)]
    for _ in range(40):
        os.mkdir("x" * 255, dir_fd=below[-1])
        below.append(os.open("x" * 255, os.O_RDONLY, dir_fd=below[-1]))
    with open("file", "w", opener=lambda name, flags: os.open(name, flags, dir_fd=below[-1])) as file:
        file.write("deep")
    for fd in below:
        os.close(fd)
    backup = hands.full()
    assert sum(count.rows for count in hands.restore(backup, tmp_path / "out").counts) == len(backup.index)
    assert list(hands.source.compare(backup.of(Role.INDEX))) == []
    assert max(len(entry.path) for entry in backup.index) > 4096 * 2


def test_a_root_that_is_a_link_is_followed_and_stays_one(hands, tmp_path):
    real, link = hands.root, tmp_path / "link"
    link.symlink_to(real)
    hands.root = link
    backup, before = hands.full(), picture(real)
    (real / "first").unlink()
    hands.restore(backup, link, confirm="uploads")
    assert link.is_symlink()
    assert picture(real) == before
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("uploads.before-")]) == 1


def test_a_single_file_that_would_lie_on_another_file_system_is_refused_before_anything_is_moved(hands, tmp_path):
    backup, before = hands.full(), picture(hands.root)
    with (
        disks.bound(hands.root / "a", hands.root / "a"),
        pytest.raises(Refused, match=r"a is mounted inside of .*: a/run.sh cannot be moved"),
    ):
        hands.restore(backup, hands.root, objects=("a-b", "run.sh"), confirm="uploads")
    assert picture(hands.root) == before
    assert {path.name for path in tmp_path.iterdir()} == {"uploads", "work"}


@pytest.mark.parametrize("objects", [(), ("a-b",)], ids=["the whole folder", "single files"])
def test_what_came_into_a_free_place_meanwhile_is_kept_and_told(hands, tmp_path, objects):
    backup, out = hands.full(), tmp_path / "out"
    order = hands.chosen(backup, out, objects=objects)
    hands.source.prepare(order, backup.of(Role.INDEX))
    for piece in backup.of(Role.DATA):
        hands.source.load(order, *piece)
    out.mkdir()
    (out / "a-b").write_text("somebody's")
    told = hands.source.finish(order, []).warnings
    assert told[0].startswith(f"what stood there before is now {out}.before-")
    assert [path.read_text() for path in tmp_path.glob("out.before-*/a-b")] == ["somebody's"]
    assert (out / "a-b").read_text() == "sorted after a/"


def test_a_place_that_may_not_be_changed_is_told_and_stays_as_it_is(hands, tmp_path):
    backup, place = hands.full(), tmp_path / "place"
    place.mkdir()
    (place / "precious").touch()
    with disks.immutable(place), pytest.raises(Permanent, match=r"cannot restore .*/place: Operation not permitted"):
        hands.restore(backup, place, confirm="uploads")
    assert [path.name for path in place.iterdir()] == ["precious"]
    with disks.read_only(tmp_path / "disk") as disk, pytest.raises(Permanent, match="Read-only file system"):
        hands.restore(backup, disk / "out")


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
