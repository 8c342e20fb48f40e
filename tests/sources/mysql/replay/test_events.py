"""The events of one log file."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.mysql.replay import logs as make
from workers.errors import Corrupt, Refused
from workers.sources.mysql.replay.events import Event, Kind, events, opened


def written(folder: Path, data: bytes) -> Path:
    path = folder / "bin.000001"
    path.write_bytes(data)
    return path


def read(path: Path) -> list[Event]:
    with opened(path) as log:
        return list(events(log, log.first))


def test_each_event_is_given_with_its_kind_place_and_time(tmp_path: Path) -> None:
    head = make.described()
    found = read(written(tmp_path, head + make.xid(5) + make.rotate("bin.000002", 7)))
    assert [(event.kind, event.stamp - make.NOON) for event in found] == [(Kind.XID, 5), (Kind.ROTATE, 7)]
    assert found[0].start == len(head)
    assert found[1].start == found[0].end


def test_a_log_without_checksums_is_read_too(tmp_path: Path) -> None:
    path = written(tmp_path, make.described(summed=False) + make.event(Kind.XID, b"12345678", summed=False))
    with opened(path) as log:
        assert [log.body(event) for event in events(log, log.first)] == [b"12345678"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_wrong_byte_anywhere_is_told_with_file_and_offset(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    head = make.described()
    whole = bytearray(head + make.rows(1, "community"))
    at = data.draw(st.integers(len(head), len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path = written(tmp_path_factory.mktemp("log"), bytes(whole))
    with pytest.raises(Corrupt, match=r"^bin\.000001 (is damaged at|ends in the middle of an event at) \d+"):
        read(path)


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_cut_log_is_told_by_name(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path, (make.described() + make.xid())[:-cut])
    with pytest.raises(Corrupt, match=r"bin\.000001 ends in the middle of an event at"):
        read(path)


def test_a_damaged_description_is_told(tmp_path: Path) -> None:
    whole = bytearray(make.described())
    whole[30] ^= 1
    with pytest.raises(Corrupt, match=r"bin\.000001 is damaged at 4"):
        read(written(tmp_path, bytes(whole)))


@pytest.mark.parametrize(
    ("data", "words"), [(b"PK\3\4zip", "begins with"), (b"\xfebin", "ends before"), (b"\xfebin" + make.xid(), "description")]
)
def test_what_is_no_log_is_told_by_name(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(Corrupt, match=rf"bin\.000001 .*{words}"):
        read(written(tmp_path, data))


def test_a_log_that_its_server_encrypted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is encrypted by its server; fetch it from the server"):
        read(written(tmp_path, b"\xfdbin" + bytes(100)))


def test_a_log_that_was_copied_while_it_was_open_is_no_damage(tmp_path: Path) -> None:
    """The server sets a flag in the description and sums without it."""
    whole = bytearray(make.described() + make.xid())
    whole[4 + 17] |= 1
    assert len(read(written(tmp_path, bytes(whole)))) == 1


def test_a_big_event_is_summed_and_its_file_can_be_closed_meanwhile(tmp_path: Path) -> None:
    path = written(tmp_path, make.described() + make.event(Kind.XID, bytes(3 << 20)) + make.xid())
    with opened(path) as log:
        found = events(log, log.first)
        first = next(found)
    assert first.end - first.start == (3 << 20) + 23
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    with pytest.raises(Corrupt, match="is damaged at"):
        read(path)


def test_nothing_behind_a_place_is_read(tmp_path: Path) -> None:
    head = make.described() + make.xid()
    with opened(written(tmp_path, head + b"damaged")) as log:
        assert len(list(events(log, log.first, len(head)))) == 1
