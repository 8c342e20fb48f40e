"""Names in the spool, and notes."""

from pathlib import Path

import pytest

from workers.artifact import Form, Role, Segment
from workers.crc import Sums
from workers.errors import Permanent
from workers.spool import files
from workers.spool.room import Room

SEGMENT = Segment(3, "data", Role.DATA, Form(4, "00"))
NOTE = Sums(Form(4, "ab"), "cd")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path, 10_000)
    room.reserve("a1", 3, 5000)
    return room


def test_the_files_of_a_segment_lie_in_the_folder_of_its_run(room: Room) -> None:
    assert files.plain(room, "a1", SEGMENT) == room.path / "a1" / "000003.data.plain"
    assert files.stored(room, "a1", SEGMENT) == room.path / "a1" / "000003.data.stored"


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "", "a/b", ".hidden", "x" * 101, "a\0b"])
def test_a_name_from_a_hostile_manifest_leads_nowhere(room: Room, name: str) -> None:
    with pytest.raises(Permanent, match="is no name of a segment"):
        files.plain(room, "a1", Segment(3, name, Role.DATA, Form(4, "00")))


def test_removing_a_segment_frees_its_room_and_can_be_repeated(room: Room) -> None:
    stored = files.stored(room, "a1", SEGMENT)
    stored.write_bytes(b"1234")
    files.write_note(stored, NOTE)
    files.remove(room, "a1", SEGMENT)
    files.remove(room, "a1", SEGMENT)
    assert list((room.path / "a1").iterdir()) == []
    assert room.used() == 0


def test_a_repeated_compress_finds_what_was_recorded(room: Room) -> None:
    stored = files.stored(room, "a1", SEGMENT)
    stored.write_bytes(b"1234")
    assert files.read_note(stored) is None
    files.write_note(stored, NOTE)
    assert files.read_note(stored) == NOTE


def test_notes_count_nothing(room: Room) -> None:
    stored = files.stored(room, "a1", SEGMENT)
    room.resize("a1", 3, 0)
    files.write_note(stored, NOTE)
    assert room.used() == 0


@pytest.mark.parametrize("body", [b"", b"123", b"12345"])
def test_a_note_about_a_file_of_another_size_is_no_note(room: Room, body: bytes) -> None:
    stored = files.stored(room, "a1", SEGMENT)
    files.write_note(stored, NOTE)
    stored.write_bytes(body)
    assert files.read_note(stored) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bytes": "x"}', "\x00"])
def test_a_damaged_note_is_no_note(room: Room, text: str) -> None:
    stored = files.stored(room, "a1", SEGMENT)
    stored.write_bytes(b"1234")
    Path(f"{stored}.note").write_text(text)
    assert files.read_note(stored) is None


def test_a_note_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"cannot write .*nowhere/x\.stored"):
        files.write_note(tmp_path / "nowhere" / "x.stored", NOTE)
