"""Room in the spool: never more than its limit, across processes, crashes and stragglers."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from workers.command import die_with_parent
from workers.errors import Permanent, RunFailed
from workers.spool import room as room_module
from workers.spool.room import Room
from workers.spool.sizes import MIB

LIMIT = 10_000
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool", LIMIT)


@pytest.fixture
def children() -> Iterator[list[BaseProcess]]:
    started: list[BaseProcess] = []
    yield started
    for child in started:
        child.kill()
        child.join()


def lay(room: Room, name: str, count: int, run: str = "a1") -> Path:
    room.folder(run).mkdir(parents=True, exist_ok=True)
    file = room.folder(run) / name
    file.write_bytes(bytes(count))
    return file


def test_room_is_promised_until_the_limit_and_not_a_byte_more(room: Room) -> None:
    assert room.reserve("a1", 1, 6000)
    assert not room.reserve("b2", 1, 4001)
    assert room.reserve("b2", 1, 4000)
    assert room.used() == LIMIT


def test_room_that_was_given_back_can_be_promised_again(room: Room) -> None:
    assert room.reserve("a1", 1, LIMIT)
    room.release("a1", 1)
    assert room.used() == 0
    assert room.reserve("a1", 2, LIMIT)


def test_reserving_twice_replaces_the_promise(room: Room) -> None:
    assert room.reserve("a1", 1, 6000)
    assert room.reserve("a1", 1, 7000)
    assert room.used() == 7000


def test_a_promise_shrinks_when_the_plain_form_is_gone(room: Room) -> None:
    assert room.reserve("a1", 1, 9000)
    assert room.resize("a1", 1, 100)
    assert room.used() == 100


def test_a_promise_grows_only_within_the_limit(room: Room) -> None:
    assert room.reserve("a1", 1, 5000)
    assert room.reserve("b2", 1, 4000)
    assert room.resize("a1", 1, 6000)
    assert not room.resize("a1", 1, 6001)
    assert room.used() == LIMIT


def test_what_was_never_promised_is_not_resized(room: Room) -> None:
    assert not room.resize("a1", 1, 10)
    assert room.used() == 0


def test_files_larger_than_their_promise_count_as_they_lie(room: Room) -> None:
    assert room.reserve("a1", 1, 100)
    lay(room, "000001.data.plain", 3000)
    lay(room, "000001.data.stored", 2000)
    assert room.used() == 5000
    assert not room.reserve("b2", 1, 5001)


def test_files_without_a_promise_count_too(room: Room) -> None:
    lay(room, "000007.data.plain", 4000)
    assert not room.reserve("b2", 1, 6001)


def test_a_shrunken_promise_does_not_hide_what_still_lies_there(room: Room) -> None:
    assert room.reserve("a1", 1, 9000)
    lay(room, "000001.data.plain", 8000)
    assert room.resize("a1", 1, 100)
    assert room.used() == 8000


def test_more_than_the_whole_spool_names_the_setting_and_the_need(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"spool\.bytes = 8\.0 MiB is too small: one segment needs 9\.5 MiB"):
        Room(tmp_path, 8 * MIB).reserve("a1", 1, 19 * MIB // 2)


def test_a_disk_that_can_never_hold_it_is_named(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    more = disk.f_blocks * disk.f_frsize + 1
    with pytest.raises(Permanent, match=rf"spool {tmp_path} is full: .* MiB are free on its disk, .* MiB are needed"):
        Room(tmp_path, 2 * more).reserve("a1", 1, more)


def test_what_the_disk_has_promised_to_others_is_waited_for(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    half = int(disk.f_bavail * disk.f_frsize * 0.6)
    room = Room(tmp_path, 4 * half)
    assert room.reserve("a1", 1, half)
    assert not room.reserve("b2", 1, half)


def test_clearing_a_run_frees_its_files_and_promises_and_no_others(room: Room) -> None:
    room.reserve("a1", 1, 5000)
    room.reserve("b2", 1, 3000)
    file = lay(room, "000001.data.plain", 5000)
    room.clear("a1")
    assert not file.exists()
    assert room.used() == 3000


def test_a_cleared_run_gets_no_room_any_more(room: Room) -> None:
    room.clear("a1")
    with pytest.raises(RunFailed, match="run a1 is over"):
        room.reserve("a1", 2, 10)
    assert not room.resize("a1", 2, 10)


def test_clearing_twice_is_no_error(room: Room) -> None:
    room.reserve("a1", 1, 10)
    room.clear("a1")
    room.clear("a1")
    assert room.used() == 0


def test_a_clearing_that_was_killed_half_way_is_finished_by_the_next(room: Room) -> None:
    lay(room, "000001.data.plain", 500)
    room.folder("a1").rename(room.path / ".gone-a1")
    lay(room, "000002.data.plain", 70)  # by a step that had not heard of it
    assert room.used() == 570
    room.clear("a1")
    assert room.used() == 0


def test_marks_of_cleared_runs_are_forgotten_after_two_days(room: Room) -> None:
    room.clear("a1")
    old = time.time() - room_module.REMEMBER - 60
    os.utime(room.path / "a1.over", (old, old))
    room.clear("b2")
    assert sorted(mark.name for mark in room.path.glob("*.over")) == ["b2.over"]


@pytest.mark.parametrize("run", ["", "..", "a/b", ".lock", "a\n"])
def test_a_run_that_would_lead_elsewhere_is_refused(room: Room, run: str) -> None:
    for call in (lambda: room.clear(run), lambda: room.reserve(run, 1, 1), lambda: room.release(run, 1)):
        with pytest.raises(Permanent, match="is no id of a run"):
            call()


def test_a_spool_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Permanent, match=r"spool\.path .*file/spool cannot be used: Not a directory"):
        Room(tmp_path / "file" / "spool", LIMIT).used()


def test_segments_are_readable_by_their_owner_alone(room: Room) -> None:
    room.reserve("a1", 1, 10)
    assert room.path.stat().st_mode & 0o077 == 0
    assert room.folder("a1").stat().st_mode & 0o077 == 0


def test_a_killed_process_leaves_its_promise_until_the_run_is_cleared(room: Room, children: list[BaseProcess]) -> None:
    children.append(FORK.Process(target=hold, args=(room,)))
    children[0].start()
    while room.used() < 9000:
        time.sleep(0.01)
    os.kill(children[0].pid or 0, signal.SIGKILL)
    children[0].join()
    assert not room.reserve("b2", 1, 1001)
    room.clear("a1")
    assert room.reserve("b2", 1, LIMIT)


def hold(room: Room) -> None:
    die_with_parent()
    room.reserve("a1", 1, 9000)
    time.sleep(60)


def test_eight_processes_together_never_exceed_the_limit(room: Room, children: list[BaseProcess]) -> None:
    children += [FORK.Process(target=hustle, args=(room, f"run{number}")) for number in range(8)]
    for child in children:
        child.start()
    seen = []
    while any(child.is_alive() for child in children):
        seen.append(room.used())
        time.sleep(0.002)  # each look holds the lock
    assert {child.exitcode for child in children} == {0}
    assert max(seen) <= LIMIT
    assert max(seen) > LIMIT // 2, "nothing was seen at work"
    assert room.used() == 0


def hustle(room: Room, run: str) -> None:
    """Reserve, lay files, shrink and release as a cutter and a compress would; a forked child."""
    die_with_parent()
    rng = random.Random(run)
    for number in range(60):
        amount = rng.randrange(1, LIMIT // 2)
        while not room.reserve(run, number, amount):
            time.sleep(0.005)
        file = lay(room, f"{number:06}.data.plain", amount, run)
        file.write_bytes(bytes(amount // 2))
        room.resize(run, number, amount // 2)
        file.unlink()
        room.release(run, number)
