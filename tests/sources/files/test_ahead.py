"""What a walk asks the system for, before it comes there."""

import os
from pathlib import Path

import pytest

from workers.sources.files import ahead
from workers.sources.files.ahead import DEPTH, REST, Ahead


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that were asked for, in order."""
    found: list[str] = []
    monkeypatch.setattr(ahead.os, "posix_fadvise", lambda fd, *_: found.append(Path(f"/proc/self/fd/{fd}").readlink().name))
    return found


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is in memory."""

    def wait(*_: object) -> int:
        raise BlockingIOError

    monkeypatch.setattr(ahead.os, "preadv", wait)


@pytest.fixture
def names(tmp_path: Path) -> list[bytes]:
    for number in range(100):
        (tmp_path / f"{number:02}").write_bytes(b"hello")
    return sorted(path.name.encode() for path in tmp_path.iterdir())


def walk(folder: Path, names: list[bytes], looker: Ahead, upto: int = 100) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        for name in names[:upto]:
            looker.look(fd, names, name, lambda behind: behind != b"07")
    finally:
        os.close(fd)


@pytest.mark.usefixtures("away")
def test_every_wanted_file_is_asked_for_once_and_in_order_so_far_ahead(tmp_path: Path, names: list[bytes], asked: list[str]) -> None:
    looker = Ahead()
    walk(tmp_path, names, looker, upto=1)
    assert asked == [f"{number:02}" for number in range(1, DEPTH + 1) if number != 7]
    walk(tmp_path, names, looker)
    assert asked == [f"{number:02}" for number in range(1, 100) if number != 7]


def test_where_files_are_in_memory_one_look_is_enough_for_a_while(
    tmp_path: Path, names: list[bytes], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, preadv = [], os.preadv
    monkeypatch.setattr(ahead.os, "preadv", lambda *given: looks.append(given) or preadv(*given))
    (tmp_path / "01").read_bytes()
    walk(tmp_path, names, Ahead(), upto=REST)
    assert (len(looks), asked) == (1, [])


@pytest.mark.usefixtures("away")
def test_only_files_are_opened_and_what_is_gone_or_closed_to_us_stops_nobody(tmp_path: Path, asked: list[str]) -> None:
    os.mkfifo(tmp_path / "a")
    (tmp_path / "b").symlink_to("/etc/passwd")
    (tmp_path / "c").mkdir()
    (tmp_path / "e").write_bytes(b"hello")
    walk(tmp_path, [b"0", b"a", b"b", b"c", b"d-gone", b"e"], Ahead(), upto=1)
    assert asked == ["e"]


@pytest.mark.usefixtures("away")
def test_back_in_a_folder_it_goes_on_behind_the_name_it_is_at(tmp_path: Path, names: list[bytes], asked: list[str]) -> None:
    looker, below = Ahead(), tmp_path / "50-below"
    below.mkdir()
    (below / "x").write_bytes(b"hello")
    walk(tmp_path, names, looker, upto=51)
    walk(below, [b"w", b"x"], looker)
    asked.clear()
    fd = os.open(tmp_path, os.O_RDONLY)
    looker.look(fd, names, b"60", lambda _: True)
    os.close(fd)
    assert asked[0] == "61"
    assert asked[-1] == f"{60 + DEPTH:02}"
