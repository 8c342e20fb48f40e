"""A backup beside the folder as it is now: what differs is named, and nothing else."""

import os
import shutil
import socket

import pytest

from tests.sources.files.hands import access
from workers.artifact import Role


@pytest.fixture
def differ(hands):
    """What differs after a change, as (path, words)."""
    backup = hands.full()

    def found(**how: bool) -> list[tuple[str, str]]:
        return [(one.path, one.words) for one in hands.source.compare(backup.of(Role.INDEX), **how)]

    return found


def keep(path, change):
    """Change something in a folder or file, and take its time back."""
    before = {one: one.stat() for one in (path, path.parent) if one.exists()}
    change(path)
    for one, found in before.items():
        os.utime(one, ns=(0, found.st_mtime_ns))


def test_nothing_differs_right_after_a_backup(differ):
    assert differ() == differ(thorough=True) == []


def test_what_is_new_or_not_there_is_named(hands, differ):
    keep(hands.root, lambda root: [(root / "new").touch(), (root / "large").unlink()])
    assert differ() == [("large", "is not there"), ("new", "is not in the backup")]


def test_size_time_mode_and_owner_are_named(hands, differ):
    (hands.root / "a-b").write_text("longer than before")
    (hands.root / "large").chmod(0o600)
    os.chown(hands.root / "sparse", 7, 8)
    assert differ() == [
        ("a-b", "has 18 bytes, not 15"),
        ("a-b", "has another time"),
        ("large", "has mode 600, not 644"),
        ("sparse", "belongs to 7:8, not 0:0"),
    ]


def test_attributes_and_access_lists_that_are_new_other_or_gone_are_named(hands, tmp_path):
    for name in ("a", "a-b", "first"):
        os.setxattr(hands.root / name, "user.note", b"as it was")
    index = hands.full().of(Role.INDEX)
    os.setxattr(hands.root / "a", "user.note", b"another")
    os.removexattr(hands.root / "a-b", "user.note")
    os.setxattr(hands.root / "first", "user.more", b"")
    os.setxattr(hands.root / "large", "system.posix_acl_access", access(user=7))
    found = [(one.path, one.words) for one in hands.source.compare(index)]
    assert found == [
        ("a", "has another attribute user.note"),
        ("a/second", "has another attribute user.more"),
        ("a-b", "has another attribute user.note"),
        ("first", "has another attribute user.more"),
        ("large", "has mode 640, not 644"),
        ("large", "has another attribute system.posix_acl_access"),
    ]


def test_another_type_and_another_file_of_the_same_name_are_named(hands, differ):
    def change(root):
        shutil.copy2(root / "first", root / "new")
        (root / "new").rename(root / "first")
        (root / "pipe").unlink()
        (root / "pipe").mkdir()

    keep(hands.root, change)
    assert differ() == [("first", "is no other name of a/second"), ("pipe", "is of type 'd', not 'p'")]


def test_sockets_are_in_no_backup_and_so_no_difference(hands, differ):
    with socket.socket(socket.AF_UNIX) as made:
        keep(hands.root, lambda root: made.bind(str(root / "sock")))
        assert differ() == []


def test_a_folder_that_cannot_be_read_is_told_and_not_called_empty(hands, differ, nobody):
    (hands.root / "a").chmod(0)
    with nobody(hands.root):
        found = differ()
    assert (".", "1 names could not be read: a: cannot be read, nor what is in it: Permission denied") in found


def test_a_link_that_points_elsewhere_is_named(hands, differ):
    link = hands.root / "link"
    found = link.lstat()
    keep(hands.root, lambda _: [link.unlink(), link.symlink_to("../out/other")])
    os.utime(link, ns=(0, found.st_mtime_ns), follow_symlinks=False)
    assert differ() == [("link", "points elsewhere")]


@pytest.mark.parametrize("name", ["a-b", "large"])
def test_other_bytes_of_the_same_size_are_found_by_reading(hands, differ, name):
    keep(hands.root / name, lambda path: path.write_bytes(os.urandom(path.stat().st_size)))
    assert differ() == []
    assert differ(thorough=True) == [(name, "has other bytes of the same size")]


def test_bytes_in_a_former_hole_are_found_by_reading(hands, differ):
    def fill(path):
        with path.open("r+b") as file:
            file.seek(2 << 20)
            file.write(b"x")

    keep(hands.root / "sparse", fill)
    assert differ(thorough=True) == [("sparse", "has other bytes of the same size")]


def test_zeros_in_a_former_hole_are_the_same_bytes(hands, differ):
    keep(hands.root / "sparse", lambda path: path.write_bytes(path.read_bytes()))
    assert differ(thorough=True) == []


def test_what_the_rules_leave_out_is_not_missed(hands, differ):
    keep(hands.root, lambda root: (root / "x.tmp").touch())
    assert differ() == []
