"""The way back through restic: whole, in part, over the present folder, from the store that is good."""

import shutil
from dataclasses import replace

import pytest

from tests.sources.engine.hands import bring, take, tree
from tests.sources.restic.test_repositories import flip
from tests.system import disks
from workers.errors import Corrupt, Permanent, Refused
from workers.sources.engine import record


@pytest.fixture
def taken(made):
    return take(made)


def hidden(made):
    return [path.name for path in made.root.iterdir() if path.name.startswith(".canvasback")]


def test_everything_comes_back_with_modes_and_links(made, taken):
    (made.path / "left.tmp").unlink()
    into = made.root / "restored"
    outcome = bring(made, taken, taken.order(into))
    assert tree(into) == tree(made.path)
    assert [(count.name, count.rows) for count in outcome.counts] == [("files", 21)]
    assert outcome.warnings == ()
    assert hidden(made) == []


def test_hard_links_and_sparse_files_come_back_as_they_were(made):
    (made.path / "second name").hardlink_to(made.path / "report.pdf")
    with (made.path / "sparse").open("wb") as file:
        file.truncate(10 << 20)
        file.seek(5 << 20)
        file.write(b"data")
    taken = take(made)
    bring(made, taken, taken.order(made.root / "restored"))
    there = made.root / "restored"
    assert (there / "second name").samefile(there / "report.pdf")
    assert (there / "sparse").stat().st_size == 10 << 20
    assert (there / "sparse").stat().st_blocks * 512 < 2 << 20


def test_over_the_present_folder_what_stands_there_is_moved_aside(made, taken):
    (made.path / "report.pdf").write_text("spoilt")
    outcome = bring(made, taken, taken.order(made.path, confirm="uploads"))
    assert (made.path / "report.pdf").read_text() == "a report"
    (aside,) = made.root.glob("uploads.before-*")
    assert (aside / "report.pdf").read_text() == "spoilt"
    assert outcome.warnings == (f"what stood there before is now {aside}",)


def test_single_files_come_back_into_a_folder_of_their_own(made, taken):
    into = made.root / "restored"
    outcome = bring(made, taken, taken.order(into, objects=("avatars/1*.png", "report.pdf")))
    assert sorted(path.name for path in into.rglob("*") if path.is_file()) == sorted(
        [*(f"1{n}.png" for n in range(10)), "1.png", "report.pdf"]
    )
    assert outcome.counts[0].rows == 12


def test_a_name_that_is_not_in_the_snapshot_is_refused_and_nothing_is_made(made, taken):
    with pytest.raises(Refused, match=r"nowhere\.txt: nothing of that name is in backup"):
        bring(made, taken, taken.order(made.root / "restored", objects=("nowhere.txt",)))
    assert not (made.root / "restored").exists()


def test_single_files_do_not_go_over_a_folder(made, taken):
    with pytest.raises(Refused, match="restore them into a folder of their own"):
        bring(made, taken, taken.order(made.path, confirm="uploads", objects=("report.pdf",)))
    assert (made.path / "avatars").is_dir()


def test_the_next_store_is_taken_where_the_first_is_damaged(made, taken):
    made.source.carry(taken.segment)
    flip(max(made.packs(0), key=lambda path: path.stat().st_size))
    into = made.root / "restored"
    outcome = bring(made, taken, taken.order(into))
    (warning,) = outcome.warnings
    assert warning.startswith("the next store was taken: store nas: ")
    assert (into / "report.pdf").read_text() == "a report"


def test_the_next_store_is_taken_where_the_first_is_gone(made, taken):
    made.source.carry(taken.segment)
    shutil.rmtree(made.repository(0))
    outcome = bring(made, taken, taken.order(made.root / "restored"))
    assert "store nas: the repository" in outcome.warnings[0]


def test_a_restore_is_planned_and_done_from_the_next_store_while_the_first_is_away(made, taken):
    made.source.carry(taken.segment)
    gone = replace(made.addresses[0], fault="store nas: is the disk mounted?")
    here, order = replace(made, addresses=(gone, made.addresses[1])), taken.order(made.root / "restored")
    assert here.source.select(order, [(taken.segment, taken.plain)], []) == order
    (warning,) = bring(here, taken, order).warnings
    assert warning == "the next store was taken: store nas: is the disk mounted?"
    assert tree(made.root / "restored").keys() == tree(made.path).keys() - {"left.tmp"}


def test_while_a_store_is_away_nobody_says_that_its_snapshot_is_gone(made, taken):
    gone = replace(made.addresses[0], fault="store nas: is the disk mounted?")
    here = replace(made, addresses=(gone, made.addresses[1]))
    with pytest.raises(Permanent, match=r"^store nas: is the disk mounted\?$"):
        here.source.select(taken.order(made.root / "restored"), [(taken.segment, taken.plain)], [])


def test_where_no_store_is_good_the_present_folder_stays(made, taken):
    before = tree(made.path)
    flip(max(made.packs(0), key=lambda path: path.stat().st_size))
    with pytest.raises(Permanent, match=r"store nas: .*; store disk: .* does not hold snapshot"):
        bring(made, taken, taken.order(made.path, confirm="uploads"))
    assert tree(made.path) == before


def test_a_count_that_differs_from_the_record_is_no_restore(made, taken):
    taken.plain.write_bytes(replace(record.read(taken.plain), files=22).written())
    with pytest.raises(Corrupt, match=r"store nas: .* gave 21 files with \d+ bytes, snapshot .* has 22"):
        bring(made, taken, taken.order(made.root / "restored"))


def test_a_finish_that_comes_again_changes_nothing(made, taken):
    order = taken.order(made.root / "restored")
    made.source.prepare(order, iter(()))
    for _ in range(2):
        made.source.load(order, taken.segment, taken.plain)
    made.source.finish(order, iter(()))
    with pytest.raises(Permanent, match="was not prepared, or was cleared"):
        made.source.finish(order, iter(()))
    assert (made.root / "restored/report.pdf").read_text() == "a report"


def test_a_place_without_room_is_refused_before_anything_is_written(made, taken):
    with disks.small(made.root / "small", "32k") as disk:
        with pytest.raises(Refused, match="has no room for the restored files"):
            bring(made, taken, taken.order(disk / "restored"))
        assert list(disk.iterdir()) == []
