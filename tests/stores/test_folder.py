import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.stores import folder


@pytest.fixture
def home(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "temporary").write_bytes(b"new")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("place", [folder.place, folder.move], ids=["link", "no hard links"])
def test_a_finished_file_gets_its_name_and_replaces_nothing(home: int, tmp_path: Path, place: object) -> None:
    (tmp_path / "taken").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        place(home, "temporary", "taken")
    place(home, "temporary", "free")
    assert ((tmp_path / "taken").read_bytes(), (tmp_path / "free").read_bytes()) == (b"old", b"new")


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    with folder.opened(tmp_path, ("a", "b"), create=True) as folders:
        folder.sync(folders)
        assert len(folders) == 3
    assert [(tmp_path / path).stat().st_mode & 0o777 for path in ("a", "a/b")] == [0o700, 0o700]


def test_no_descriptor_stays_open_after_a_failure(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(FileNotFoundError), folder.opened(tmp_path, ("gone",)):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
