"""Where the data directory of a new server is made, and that it appears whole or not at all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.artifact import Facts, Order
from workers.errors import Permanent, Refused
from workers.sources.mysql.physical.directory import PART, Directory, look


def order(bytes: int = 1000) -> Order:
    facts = Facts(
        "one", "mariadb", "10.11.18", "", datetime(2026, 11, 22, tzinfo=UTC), extras=(("mode", "physical"), ("bytes", str(bytes)))
    )
    return Order("20261122T000000Z-full-9f3a11c2", "", "", facts)


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path / "new")


def test_nothing_stands_in_the_place_while_it_is_made(directory: Directory) -> None:
    directory.make(order())
    assert directory.data == directory.place.with_name(f"new{PART}") / "data"
    assert directory.data.is_dir()
    assert not directory.place.exists()
    directory.clear()
    assert list(directory.place.parent.iterdir()) == []


def test_it_appears_with_all_that_was_made(directory: Directory) -> None:
    directory.make(order())
    (directory.data / "ibdata1").write_bytes(b"x")
    directory.appear("")
    assert [path.name for path in directory.place.iterdir()] == ["ibdata1"]


def test_what_is_in_its_place_already_is_taken_back_when_only_the_last_word_was_lost(directory: Directory) -> None:
    directory.make(order())
    (directory.data / "ibdata1").write_bytes(b"x")
    directory.appear("")
    assert [path.name for path in directory.data.iterdir()] == ["ibdata1"]
    assert not directory.place.exists()


def test_where_no_restore_is_going_on_there_is_nothing_to_take(directory: Directory) -> None:
    directory.place.mkdir()
    with pytest.raises(Permanent, match=r"no restore to .*/new is going on"):
        _ = directory.data
    assert directory.place.is_dir()


def test_a_place_that_holds_something_is_refused_and_stays(directory: Directory) -> None:
    (directory.place / "mine").mkdir(parents=True)
    with pytest.raises(Refused, match="new is not empty"):
        directory.make(order())
    assert [path.name for path in directory.place.parent.rglob("*")] == ["new", "mine"]


def test_what_a_restore_left_that_did_not_end_is_named(directory: Directory) -> None:
    directory.part.mkdir()
    with pytest.raises(Refused, match=rf"new{PART} is left of a restore that did not end: remove it"):
        directory.make(order())


def test_a_backup_that_does_not_fit_is_refused_before_anything_is_made(directory: Directory) -> None:
    with pytest.raises(Refused, match="are missing: make room"):
        directory.make(order(1 << 60))
    assert not directory.part.exists()


@pytest.mark.parametrize("into", ["relative", "/srv/../etc", "/srv/a\nb", ""])
def test_what_is_no_absolute_path_is_refused(into: str) -> None:
    with pytest.raises(Refused, match="is no absolute path of a new data directory"):
        look(into)


def test_a_place_is_told_with_what_lies_in_it(tmp_path: Path) -> None:
    assert (look(str(tmp_path / "none")).exists, look(str(tmp_path)).empty) == (False, True)
    (tmp_path / "file").write_bytes(b"abc")
    found = look(str(tmp_path))
    assert (found.exists, found.empty, found.bytes) == (True, False, 3)
    assert not look(str(tmp_path / "file")).empty


def test_a_link_that_leads_nowhere_is_something(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert (look(str(tmp_path / "link")).exists, look(str(tmp_path / "link")).empty) == (True, False)
