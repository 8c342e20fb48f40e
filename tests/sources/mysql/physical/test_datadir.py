"""The live server's data directory as this host sees it."""

import os
from pathlib import Path

import pytest

from tests.sources.mysql.conftest import Ground
from workers.errors import Permanent
from workers.sources.mysql.physical import datadir
from workers.sources.mysql.physical.datadir import Datadir
from workers.sources.mysql.session import Session

NOBODY = (65534, 65534)


def test_it_is_found_with_its_owner_and_the_bytes_that_a_copy_has(ground: Ground) -> None:
    with ground.session("mysql") as session:
        found = datadir.look(session)
    assert (found.path / "ibdata1").exists()
    assert found.owner[0] == found.path.stat().st_uid
    assert (found.path / "ibdata1").stat().st_size < found.bytes < found.room


def test_one_that_is_elsewhere_or_closed_is_told_with_what_would_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    session: Session = object()  # type: ignore[assignment]  # nobody asks it
    monkeypatch.setattr(datadir, "value", lambda *_: str(tmp_path / "none"))
    with pytest.raises(Permanent, match=r"is not on this host: a physical backup is made where the server is; `mode` logical"):
        datadir.look(session)
    monkeypatch.setattr(datadir, "value", lambda *_: str(tmp_path))
    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(Permanent, match=r"cannot be read: .*; start the workers of this host as the user that owns"):
        datadir.look(session)


def closed(path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_servers_user_may_write_into_a_folder_of_roots_and_come_to_it(tmp_path: Path) -> None:
    place = tmp_path / "scratch" / "scratch-1"
    place.mkdir(parents=True)
    (place / "tmp").mkdir()
    place.parent.chmod(0o700)
    Datadir(tmp_path, NOBODY, 0).give(place)
    assert {path.stat().st_uid for path in (place, place / "tmp", place.parent)} == {NOBODY[0]}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_that_everybody_may_enter_is_not_given_away(tmp_path: Path) -> None:
    place = tmp_path / "scratch" / "scratch-1"
    place.mkdir(parents=True)
    place.parent.chmod(0o755)
    Datadir(tmp_path, NOBODY, 0).give(place)
    assert (place.stat().st_uid, place.parent.stat().st_uid) == (NOBODY[0], 0)
