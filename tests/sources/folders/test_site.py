"""Where a restore works, and the exchange: what stands in the place is moved aside, whatever its name."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.system import disks
from workers.artifact import Count, Outcome
from workers.errors import Permanent
from workers.sources.folders import site as module
from workers.sources.folders.site import Site

BACKUP = "20261126T000000Z-full-00000000"
FOUND = Outcome((Count("files", 1),), ("as it was",))


def proven(into: Path) -> Site:
    """A site with a restored folder, on its way into the place."""
    work = Site(into, BACKUP)
    work.begin(work.tree)
    (work.tree / "new").touch()
    work.note(FOUND)
    work.begin_moving()
    return work


def in_use(into: Path) -> Path:
    into.mkdir()
    (into / "old").touch()
    return into


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_restore_works_beside_its_place_under_a_name_that_is_short_however_long_the_places_is():
    work = Site(Path("/srv") / ("업" * 85), BACKUP)
    assert (work.folder.parent, work.tree.parent) == (Path("/srv"), work.folder)
    assert len(work.folder.name) < 64


@pytest.mark.parametrize("name", ["uploads", "업" * 85, "n" * 255, os.fsdecode(b"\xff\xfe bad"), os.fsdecode(b"\xff" * 255), "a\nb"])
def test_what_stands_in_a_place_of_any_name_is_moved_aside_and_told(tmp_path, name):
    into = in_use(tmp_path / name)
    work = proven(into)
    work.give_place(work.tree)
    (aside,) = (path for path in tmp_path.iterdir() if path != into and not path.name.startswith(".canvasback"))
    assert (names(into), names(aside)) == (["new"], ["old"])
    assert b".before-2" in os.fsencode(aside.name)
    outcome = work.end(FOUND)
    assert outcome.counts == FOUND.counts
    assert outcome.warnings[0].startswith("what stood there before is now /")
    assert outcome.warnings[0].isprintable()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("exists", [False, True])
def test_a_place_that_is_free_or_empty_is_taken_and_nothing_is_moved(tmp_path, exists):
    into = tmp_path / "uploads"
    if exists:
        into.mkdir()
    work = proven(into)
    work.give_place(work.tree)
    assert work.end(FOUND) == FOUND
    assert (names(tmp_path), names(into)) == (["uploads"], ["new"])


def test_an_exchange_that_was_lost_in_the_middle_goes_on(tmp_path):
    into = in_use(tmp_path / "uploads")
    work = proven(into)
    into.rename(work.moved())  # and here the process was lost
    again = Site(into, BACKUP)
    again.begin_moving()  # says nothing new: the name was given
    again.give_place(again.tree)
    again.give_place(again.tree)
    assert again.noted() == FOUND
    assert again.end(FOUND).warnings[0].endswith(names(tmp_path)[1])
    assert names(into) == ["new"]


def test_what_stood_in_the_place_is_put_back_where_the_tree_cannot_take_it(tmp_path):
    into = in_use(tmp_path / "uploads")
    work = proven(into)
    for _ in range(2):
        with disks.small(work.tree, "64k"), pytest.raises(OSError, match="busy"):  # a mount point cannot be renamed
            work.give_place(work.tree)
        assert names(into) == ["old"]
        into.rename(work.moved())  # and at another try the process was lost right here
    work.give_place(work.tree)
    assert (names(into), names(work.moved())) == (["new"], ["old"])


def test_a_name_aside_that_is_taken_is_left_to_who_has_it(tmp_path, monkeypatch):
    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 11, 26, tzinfo=tz)

    monkeypatch.setattr(module, "datetime", Stopped)
    into = in_use(tmp_path / "uploads")
    first, second = (in_use(tmp_path / f"uploads.before-20261126T000000000000Z{end}") for end in ("", ".2"))
    work = proven(into)
    work.give_place(work.tree)
    assert work.moved().name == "uploads.before-20261126T000000000000Z.3"
    assert names(first) == names(second) == names(work.moved()) == ["old"]


def test_what_was_not_proven_is_cleared_and_what_was_stays(tmp_path):
    half = Site(tmp_path / "half", BACKUP)
    half.begin(half.tree)
    assert half.noted() is None
    half.clear()
    half.clear()
    whole = proven(tmp_path / "uploads")
    whole.clear()
    assert names(tmp_path) == [whole.folder.name]


def test_a_place_whose_folder_is_gone_is_told_by_its_name(tmp_path):
    with pytest.raises(Permanent, match=r"cannot restore .*/none/\.canvasback-.*: No such file"):
        Site(tmp_path / "none" / "uploads", BACKUP).begin()
