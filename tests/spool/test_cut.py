"""The cutter: whole blocks, nothing lost, never more room than there is."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.artifact import Form, Role, Segment
from workers.crc import Sums
from workers.errors import Permanent, RunFailed
from workers.ports import Block, Part
from workers.spool import files
from workers.spool.cut import Cutter
from workers.spool.room import Room
from workers.spool.sizes import KIB, MIB, both_forms, largest

SMALL = 700 * KIB  # a spool of segments of 64 KiB
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def never() -> None:
    raise AssertionError("there was room")


def part(*bodies: bytes) -> Part:
    return Part("data", Role.DATA, (Block(body) for body in bodies))


def eaten(room: Room, run: str, segments: Iterator[Segment]) -> list[tuple[Segment, bytes]]:
    """Every segment with its bytes, removed as soon as it was read."""
    found = []
    for segment in segments:
        found.append((segment, files.plain(room, run, segment).read_bytes()))
        files.remove(room, run, segment)
    return found


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool", SMALL)


@FEW
@given(st.lists(st.integers(0, 90 * KIB), max_size=12))
def test_segments_put_together_are_the_blocks_put_together(room: Room, lengths: list[int]) -> None:
    bodies = [bytes([index % 256]) * length for index, length in enumerate(lengths)]
    found = eaten(room, "a1", Cutter(room, "a1", never).cut(part(*bodies)))
    assert b"".join(body for _, body in found) == b"".join(bodies)
    assert [segment.number for segment, _ in found] == list(range(1, len(found) + 1))
    for segment, body in found:
        assert segment.plain == Form(len(body), "")


def test_the_note_beside_a_segment_holds_the_crc_of_what_was_written(room: Room) -> None:
    (segment,) = Cutter(room, "a1", never).cut(part(b"1234", b"56789"))
    plain = files.plain(room, "a1", segment)
    assert files.read_note(plain) == Sums(Form(9, ""), "995dc9bbdf1939fa")
    files.remove(room, "a1", segment)
    assert list(plain.parent.iterdir()) == []


@FEW
@given(st.lists(st.integers(1, 90 * KIB), max_size=12))
def test_no_block_is_cut(room: Room, lengths: list[int]) -> None:
    bodies = [bytes([index]) * length for index, length in enumerate(lengths)]
    found = eaten(room, "a1", Cutter(room, "a1", never).cut(part(*bodies)))
    for body in bodies:
        assert [segment.number for segment, there in found if body[:1] in there] == [n.number for n, there in found if body in there]


def test_a_segment_is_closed_before_it_grows_too_large(room: Room) -> None:
    sizes = [len(body) for _, body in eaten(room, "a1", Cutter(room, "a1", never).cut(part(*[bytes(30 * KIB)] * 5)))]
    assert largest(SMALL) == 64 * KIB
    assert sizes == [60 * KIB, 60 * KIB, 30 * KIB]


def test_a_part_without_bytes_makes_no_segment(room: Room) -> None:
    cutter = Cutter(room, "a1", never)
    assert list(cutter.cut(part())) == []
    assert list(cutter.cut(part(b"", b""))) == []
    assert (cutter.count, room.used()) == (0, 0)


def test_numbers_go_on_from_part_to_part(room: Room) -> None:
    cutter = Cutter(room, "a1", never)
    numbers = [segment.number for _ in range(3) for segment, _ in eaten(room, "a1", cutter.cut(part(b"x" * 60 * KIB, b"y" * 60 * KIB)))]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert cutter.count == 6


def test_a_segment_knows_its_objects_in_order_its_role_and_its_charset(room: Room) -> None:
    blocks = (Block(name.encode(), (name, "both")) for name in ("users", "posts", "users"))
    (segment,) = Cutter(room, "a1", never).cut(Part("sql", Role.CORRECTION, blocks, "utf8mb4"))
    assert segment.objects == ("users", "both", "posts")
    assert (segment.name, segment.role, segment.charset) == ("sql", Role.CORRECTION, "utf8mb4")


def test_a_small_segment_keeps_only_the_room_it_needs(room: Room) -> None:
    list(Cutter(room, "a1", never).cut(part(b"x")))
    assert room.used() == both_forms(1)


def test_what_is_stored_as_it_is_keeps_room_for_one_form_and_the_next_segments_are_larger(room: Room) -> None:
    cutter = Cutter(room, "a1", never, lambda plain: True)
    sizes = [len(body) for _, body in eaten(room, "a1", cutter.cut(part(*[bytes(30 * KIB)] * 10)))]
    assert sizes == [60 * KIB, 120 * KIB, 120 * KIB]
    list(cutter.cut(part(b"x")))
    assert room.used() == 1


def test_after_what_compresses_segments_are_as_small_as_before(room: Room) -> None:
    answers = iter([True, False, False, False])
    cutter = Cutter(room, "a1", never, lambda plain: next(answers))
    sizes = [len(body) for _, body in eaten(room, "a1", cutter.cut(part(*[bytes(30 * KIB)] * 9)))]
    assert sizes == [60 * KIB, 120 * KIB, 60 * KIB, 30 * KIB]


def test_it_waits_for_room_before_the_first_byte(room: Room) -> None:
    room.reserve("other", 1, SMALL)
    seen: list[list[str]] = []

    def wait() -> None:
        seen.append([file.name for file in room.path.glob("a1/*")])
        if len(seen) == 3:
            room.release("other", 1)

    assert len(list(Cutter(room, "a1", wait).cut(part(b"x")))) == 1
    assert seen == [[], [], []]


def test_a_run_that_ends_while_it_waits_ends_the_cut(room: Room) -> None:
    def over() -> None:
        raise RunFailed("run a1 is over")

    room.reserve("other", 1, SMALL)
    with pytest.raises(RunFailed, match="run a1 is over"):
        list(Cutter(room, "a1", over).cut(part(b"x")))


def test_a_block_larger_than_a_segment_gets_one_of_its_own(room: Room) -> None:
    found = eaten(room, "a1", Cutter(room, "a1", never).cut(part(b"a", bytes(200 * KIB), b"b")))
    assert [len(body) for _, body in found] == [1, 200 * KIB, 1]


def test_a_block_larger_than_the_spool_names_the_setting(room: Room) -> None:
    with pytest.raises(Permanent, match=r"spool\.bytes = 0\.7 MiB is too small: one segment needs 0\.8 MiB"):
        list(Cutter(room, "a1", never).cut(part(bytes(400 * KIB))))
    assert room.used() == 0


def test_a_source_that_fails_leaves_no_half_segment(room: Room) -> None:
    def blocks() -> Iterator[Block]:
        yield Block(b"half")
        raise Permanent("server has gone away")

    with pytest.raises(Permanent, match="server has gone away"):
        list(Cutter(room, "a1", never).cut(Part("data", Role.DATA, blocks())))
    assert room.used() == 0
    assert list(room.folder("a1").iterdir()) == []


def test_a_run_that_is_cleared_stops_its_cutter_within_one_block(room: Room) -> None:
    given: list[int] = []

    def blocks() -> Iterator[Block]:
        for number in range(100):
            given.append(number)
            if number == 3:
                room.clear("a1")
            yield Block(b"x")

    with pytest.raises(RunFailed, match="was cleared while it was written"):
        list(Cutter(room, "a1", never).cut(Part("data", Role.DATA, blocks())))
    assert (len(given), room.used()) == (4, 0)


def test_a_run_that_is_cleared_between_two_segments_gets_no_third(room: Room) -> None:
    cutter = Cutter(room, "a1", never).cut(part(*[bytes(60 * KIB)] * 3))
    next(cutter)
    room.clear("a1")
    with pytest.raises(RunFailed, match="run a1 is over"):
        list(cutter)
    assert room.used() == 0


def test_a_disk_that_fills_up_is_told_as_a_full_spool(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first segment's file leads to /dev/full, so that the kernel itself says ENOSPC."""
    room.folder("a1").mkdir(parents=True)
    (room.folder("a1") / "000001.data.plain").symlink_to("/dev/full")
    with pytest.raises(Permanent, match=r"spool full: cannot write .*000001\.data\.plain"):
        list(Cutter(room, "a1", never).cut(part(b"x")))
    assert room.used() == 0


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("limit", [SMALL, 3 * MIB])
def test_ever_so_much_data_stays_within_the_limit(tmp_path: Path, limit: int, stays: bool) -> None:
    """A consumer thread compresses to nothing, then frees, slower than the cutter cuts; what lies on the disk is watched."""
    room, queue, seen = Room(tmp_path, limit), list[Segment](), list[int]()
    done = threading.Event()

    def consume() -> None:
        while not done.is_set() or queue:
            seen.append(room.used())
            if queue:
                segment = queue.pop(0)
                room.resize("a1", segment.number, segment.plain.bytes)
                time.sleep(0.002)
                files.remove(room, "a1", segment)

    thread = threading.Thread(target=consume)
    thread.start()
    try:
        cutter = Cutter(room, "a1", lambda: time.sleep(0.001), lambda plain: stays)
        for segment in cutter.cut(part(*[bytes(20 * KIB)] * (8 * limit // (20 * KIB)))):
            queue.append(segment)
    finally:
        done.set()
        thread.join()
    assert limit // 2 < max(seen) <= limit
    assert room.used() == 0


def _beside(readers: int, bodies: list[bytes]) -> Part:
    """A part with several readers that share its blocks."""
    source = iter([Block(body) for body in bodies])
    first, *beside = ((block for block in source) for _ in range(readers))
    return Part("data", Role.DATA, first, beside=tuple(beside))


@pytest.mark.parametrize(("limit", "threads"), [(SMALL, 1), (96 * MIB, 3)])
def test_streams_are_cut_at_once_as_far_as_there_is_room(tmp_path: Path, limit: int, threads: int) -> None:
    room, seen = Room(tmp_path, limit), set[str]()

    def blocks() -> Iterator[Block]:
        seen.add(threading.current_thread().name)
        time.sleep(0.05)
        yield Block(b"x")

    first, *beside = (blocks() for _ in range(3))
    eaten(room, "a1", Cutter(room, "a1", never).cut(Part("data", Role.DATA, first, beside=tuple(beside))))
    assert len(seen) == threads


def test_streams_cut_at_once_lose_nothing_and_share_the_numbers(tmp_path: Path) -> None:
    room, bodies = Room(tmp_path, 96 * MIB), [bytes([number]) * MIB for number in range(90)]
    found = eaten(room, "a1", Cutter(room, "a1", lambda: time.sleep(0.001)).cut(_beside(3, bodies)))
    assert sorted(segment.number for segment, _ in found) == list(range(1, len(found) + 1))
    assert sorted(body[start : start + MIB] for _, body in found for start in range(0, len(body), MIB)) == bodies
    assert all(segment.plain == Form(len(body), "") for segment, body in found)
    assert room.used() == 0


def test_streams_cut_at_once_stay_within_the_limit_and_never_wait_for_each_other(tmp_path: Path) -> None:
    room, seen = Room(tmp_path, 80 * MIB), list[int]()
    cutter = Cutter(room, "a1", lambda: time.sleep(0.001))
    for segment in cutter.cut(_beside(4, [bytes(MIB)] * 160)):
        seen.append(room.used())
        files.remove(room, "a1", segment)
    assert max(seen) <= 80 * MIB
    assert cutter.count >= 16


def test_a_stream_that_fails_ends_the_others_and_leaves_nothing(tmp_path: Path) -> None:
    room, before = Room(tmp_path, 96 * MIB), threading.active_count()

    def broken() -> Iterator[Block]:
        yield Block(b"half")
        raise Permanent("mysqldump was killed")

    def silent() -> Iterator[Block]:
        yield Block(b"half")
        while True:
            time.sleep(0.01)
            yield Block(b"")

    with pytest.raises(Permanent, match="mysqldump was killed"):
        list(Cutter(room, "a1", never).cut(Part("data", Role.DATA, silent(), beside=(broken(), silent()))))
    assert (room.used(), list(room.folder("a1").iterdir()), threading.active_count()) == (0, [], before)
