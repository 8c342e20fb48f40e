"""Folders to read from and to restore to."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.system import disks
from workers.artifact import Facts, Order, Outcome
from workers.errors import Permanent, Refused
from workers.sources.engine import place
from workers.sources.engine.site import site


def order(into, **changes) -> Order:
    facts = Facts("id", "restic", "1", "/srv/uploads", datetime.now(UTC))
    return replace(Order("20261122T000000Z-full-9f3a11c2", "/srv/uploads", str(into), facts), **changes)


def test_files_are_counted_and_links_are_not_followed(tmp_path):
    (tmp_path / "a").write_text("12345")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_text("123")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert place.measure(tmp_path) == place.Extent(2, 8, 8)
    assert not place.measure(tmp_path, 1).whole


@pytest.mark.parametrize("into", ["relative/folder", "/", "/srv/\0"])
def test_only_a_folder_of_its_own_is_a_place(into):
    with pytest.raises(Refused, match="name one by its absolute path"):
        place.look(into)


def test_a_file_is_no_place(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(Refused, match="is no folder"):
        place.look(str(tmp_path / "a"))


def test_a_place_says_what_stands_there(tmp_path):
    free = place.look(str(tmp_path / "free"))
    assert (free.name, free.exists, free.empty, free.rows, free.bytes) == (str(tmp_path / "free"), False, True, 0, 0)
    (tmp_path / "a").write_text("12345")
    full = place.look(str(tmp_path))
    assert (full.exists, full.empty, full.rows, full.bytes, full.unit) == (True, False, 1, 5, "file")


def test_a_place_says_where_it_is_moved_and_how_the_restore_is_proven(tmp_path):
    found = place.look(f"{tmp_path}/")
    assert found.aside == f"{tmp_path}.before-<time>"
    assert found.proof.startswith("files counted and compared")


def test_a_folder_above_has_to_be_there(tmp_path):
    with pytest.raises(Refused, match="make it first"):
        place.allowed(order(tmp_path / "not" / "there"))


def test_a_mount_point_cannot_be_moved_aside(tmp_path):
    with disks.small(tmp_path / "disk", "64k") as disk, pytest.raises(Refused, match="is a mount point"):
        place.allowed(order(disk, confirm="uploads"))


def test_a_folder_that_changes_while_it_is_counted_is_no_obstacle():
    assert place.measure(Path("/proc/self")).files > 0


def test_a_place_that_is_empty_is_taken_and_one_that_is_not_is_moved_aside(tmp_path):
    for name, left in (("empty", ()), ("full", ("old",))):
        into = tmp_path / name
        into.mkdir()
        for file in left:
            (into / file).touch()
        work = site(order(into, confirm="uploads"))
        work.begin()
        (work.fresh() / "uploads").mkdir()
        (work.tree / "uploads" / "new").touch()
        work.note(Outcome(()))
        told = work.exchange("/srv/uploads")
        assert [path.name for path in into.iterdir()] == ["new"]
        assert len(told) == len(left)
    assert [path.name for path in next(tmp_path.glob("full.before-*")).iterdir()] == ["old"]
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_exchange_that_was_lost_in_the_middle_goes_on(tmp_path):
    into = tmp_path / "uploads"
    into.mkdir()
    (into / "old").touch()
    work = site(order(into, confirm="uploads"))
    work.begin()
    (work.fresh() / "uploads").mkdir()
    aside = tmp_path / "uploads.before-then"
    (work.folder / "moving").write_text(str(aside))
    into.rename(aside)  # and here the process was lost
    assert work.exchange("/srv/uploads") == (f"what stood there before is now {aside}",)
    assert into.is_dir()


def test_what_is_of_no_use_takes_no_room_and_can_be_tried_again(tmp_path):
    work = site(order(tmp_path / "uploads"))
    work.begin()
    (work.fresh() / "half").write_text("half a file")
    work.drop()
    assert list(work.folder.iterdir()) == []
    assert list(work.fresh().iterdir()) == []


def test_nothing_is_restored_where_nothing_was_prepared(tmp_path):
    with pytest.raises(Permanent, match="was not prepared"):
        site(order(tmp_path / "uploads")).fresh()
