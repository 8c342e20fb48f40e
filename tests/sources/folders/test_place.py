"""Folders to read from and to restore to: what stands there, and whether a restore may go there."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.system import disks
from workers.artifact import Facts, Order
from workers.errors import Refused
from workers.sources.folders.place import Extent, allowed, look, measure, mounted, readable, room

PROOF = "every name counted"


def order(into, **changes) -> Order:
    facts = Facts("id", "restic", "1", "/srv/uploads", datetime.now(UTC))
    return replace(Order("20261122T000000Z-full-9f3a11c2", "/srv/uploads", str(into), facts), **changes)


def test_files_are_counted_and_links_are_not_followed(tmp_path):
    (tmp_path / "a").write_text("12345")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_text("123")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert measure(tmp_path) == Extent(5, 2, 8, 8)
    assert not measure(tmp_path, 1).whole


@pytest.mark.parametrize("into", ["relative/folder", "/", "/srv/\0"])
def test_only_a_folder_of_its_own_is_a_place(into):
    with pytest.raises(Refused, match="name one by its absolute path"):
        look(into, PROOF)


def test_a_file_is_no_place(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(Refused, match="is no folder"):
        look(str(tmp_path / "a"), PROOF)


def test_a_place_says_what_stands_there(tmp_path):
    free = look(str(tmp_path / "free"), PROOF)
    assert (free.name, free.exists, free.empty, free.rows, free.bytes) == (str(tmp_path / "free"), False, True, 0, 0)
    (tmp_path / "a").write_text("12345")
    full = look(str(tmp_path), PROOF)
    assert (full.exists, full.empty, full.rows, full.bytes, full.unit) == (True, False, 1, 5, "name")


def test_a_place_says_where_it_is_moved_and_how_the_restore_is_proven(tmp_path):
    found = look(f"{tmp_path}/", PROOF)
    assert found.aside == f"{tmp_path}.before-<time>"
    assert (found.name, found.proof) == (str(tmp_path), PROOF)


def test_a_folder_above_has_to_be_there(tmp_path):
    with pytest.raises(Refused, match="make it first"):
        allowed(wanted := order(tmp_path / "not" / "there"), look(wanted.into, PROOF))


def test_a_mount_point_cannot_be_moved_aside(tmp_path):
    with disks.small(tmp_path / "disk", "64k") as disk, pytest.raises(Refused, match="is a mount point"):
        allowed(order(disk, confirm="uploads"), look(str(disk), PROOF))


def test_a_bind_mount_cannot_be_moved_aside_though_it_is_of_the_same_file_system(tmp_path):
    (tmp_path / "other").mkdir()
    with disks.bound(tmp_path / "with a blank", tmp_path / "other") as place, pytest.raises(Refused, match="is a mount point"):
        allowed(order(place, confirm="uploads"), look(str(place), PROOF))


def test_what_is_mounted_inside_of_a_place_is_never_moved_aside_with_it(tmp_path):
    place, other = tmp_path / "place", tmp_path / "other"
    (place / "deep").mkdir(parents=True)
    other.mkdir()
    with disks.bound(place / "deep" / "er", other) as inside:
        (inside / "live").touch()
        with pytest.raises(Refused, match=f"{inside} is mounted inside of {place} and would be moved aside with it; unmount it"):
            allowed(order(place, confirm="uploads"), look(str(place), PROOF))
        assert allowed(order(place, confirm="uploads", objects=("a",)), look(str(place), PROOF)) == place
    assert allowed(order(place, confirm="uploads"), look(str(place), PROOF)) == place
    assert mounted(tmp_path / "pla") == ()


def test_a_place_that_is_a_link_is_the_folder_that_it_leads_to(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    assert look(str(tmp_path / "link"), PROOF).aside == f"{tmp_path}/data.before-<time>"
    assert allowed(order(tmp_path / "link"), look(str(tmp_path / "link"), PROOF)) == tmp_path / "data"


def test_a_folder_that_changes_while_it_is_counted_is_no_obstacle():
    assert measure(Path("/proc/self")).files > 0


def test_a_place_in_use_is_taken_only_where_that_is_confirmed(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(Refused, match="holds 1 names; restore to another folder, or confirm"):
        allowed(order(tmp_path), look(str(tmp_path), PROOF))
    assert allowed(order(tmp_path, confirm="uploads"), look(str(tmp_path), PROOF)) == tmp_path


def test_files_of_several_names_take_their_room_once(tmp_path):
    (tmp_path / "a").write_text("12345")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert measure(tmp_path) == Extent(2, 2, 10, 5)


def test_a_folder_without_room_says_how_much_is_missing(tmp_path):
    with pytest.raises(Refused, match=r"no room for the restored files: \d+.iB more are needed"):
        room(tmp_path, 1 << 60)


def test_a_folder_to_be_read_has_to_be_there_and_hold_something(tmp_path):
    with pytest.raises(Refused, match="cannot be backed up: No such file or directory; is it mounted"):
        readable(tmp_path / "none", allow_empty=True)
    with pytest.raises(Refused, match="is empty, as a lost mount is"):
        readable(tmp_path, allow_empty=False)
    assert readable(tmp_path, allow_empty=True) == tmp_path
