"""The folder of a scratch server."""

import shutil
from pathlib import Path

import pytest

from workers.errors import Refused
from workers.sources.mysql.scratch.home import home, sweep


def test_it_is_empty_for_its_owner_only_and_gone_afterwards(parent: Path) -> None:
    with home(parent, 0) as place:
        assert place.stat().st_mode & 0o777 == 0o700
        assert {path.name for path in place.iterdir()} == {"tmp", "relay", "owner"}
    assert not list(parent.iterdir())


def test_too_little_room_is_refused_before_anything_is_made(parent: Path) -> None:
    needed = shutil.disk_usage(parent).total
    with pytest.raises(Refused, match=rf"needs {needed:,} bytes, {parent} has .* free"), home(parent, needed):
        pass
    assert not list(parent.iterdir())


def test_a_folder_whose_owner_lives_is_never_swept(parent: Path) -> None:
    with home(parent, 0) as place:
        sweep(parent)
        assert place.is_dir()


def test_a_folder_whose_owner_is_gone_is_swept_and_others_are_left_alone(parent: Path) -> None:
    (parent / "scratch-dead").mkdir()
    (parent / "scratch-dead" / "owner").touch()
    (parent / "other").mkdir()
    sweep(parent)
    assert [path.name for path in parent.iterdir()] == ["other"]


def test_a_path_too_long_for_a_socket_is_refused_by_name(parent: Path) -> None:
    deep = parent / ("d" * 100)
    with pytest.raises(Refused, match="too long a path for a server's socket"), home(deep, 0):
        pass
    assert not list(deep.iterdir())
