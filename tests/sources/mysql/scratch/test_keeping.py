"""A scratch server whose data folder becomes that of a new server."""

import os
from contextlib import closing
from pathlib import Path

import pymysql
import pytest

from compose.local.database import Database
from workers.errors import Refused
from workers.sources.mysql.scratch import keeping
from workers.sources.mysql.scratch.keeping import hand_over, keep
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import rows

NOBODY = 65534


def filled(running: Scratch) -> None:
    with closing(running.server.connect()) as session:
        rows(session, "CREATE DATABASE community")
        rows(session, "CREATE TABLE community.posts (id INT PRIMARY KEY) ENGINE=InnoDB")
        rows(session, "INSERT INTO community.posts VALUES (1), (2)")


def test_a_server_on_the_handed_over_folder_has_the_data_and_lets_root_in(wish: Wish, parent: Path, database: Database) -> None:
    place = parent / "new" / "data"
    place.parent.mkdir()
    with scratch(wish) as running:
        filled(running)
        access = keep(running, place)
    assert access.stat().st_mode & 0o777 == 0o600
    server = type(database)(place.parent)
    server.ready = lambda: (place.parent / "mysqld.sock").exists()  # type: ignore[method-assign]  # root has a password here
    with server, closing(pymysql.connect(read_default_file=str(access), unix_socket=str(server.socket))) as session:
        assert rows(session, "SELECT COUNT(*) FROM community.posts") == [(2,)]


def test_nothing_that_exists_is_written_into(wish: Wish, parent: Path) -> None:
    with scratch(wish) as running:
        with pytest.raises(Refused, match=f"{parent} exists"):
            keep(running, parent)
        filled(running)


def test_another_disk_is_refused_before_the_server_ends(wish: Wish) -> None:
    with scratch(wish) as running:
        with pytest.raises(Refused, match="is on another disk than the scratch server"):
            keep(running, Path("/dev/shm/canvasback-new"))
        filled(running)


def test_what_holds_the_way_in_of_another_is_not_written_into(wish: Wish, parent: Path) -> None:
    (access := parent / "new.root.cnf").touch()
    with scratch(wish) as running, pytest.raises(Refused, match=f"{access} exists"):
        keep(running, parent / "new")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A data folder as a server leaves it."""
    data = tmp_path / "scratch" / "data"
    (data / "community").mkdir(parents=True)
    (data / "community" / "posts.ibd").touch()
    (data / "away").symlink_to("/nowhere")
    return data


def test_what_is_handed_over_is_on_the_disk_before_and_after_it_has_its_name(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, place = list[Path](), tmp_path / "new"
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").readlink()))
    hand_over(made, place, "")
    assert set(synced[:-1]) == {made, made / "community", made / "community" / "posts.ibd"}
    assert synced[-1] == place.parent
    assert (place / "away").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_what_root_hands_over_is_its_servers(made: Path, tmp_path: Path) -> None:
    hand_over(made, place := tmp_path / "new", f"{NOBODY}:{NOBODY}")
    assert {path.lstat().st_uid for path in (place, *place.rglob("*"))} == {NOBODY}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
@pytest.mark.parametrize(("there", "user"), [(True, NOBODY), (False, 0)])
def test_what_nobody_knows_the_owner_of_is_given_to_the_systems_servers_if_it_has_any(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, user: int
) -> None:
    monkeypatch.setattr(keeping, "_SERVERS", "nobody" if there else "no-such-user")
    hand_over(made, place := tmp_path / "new", "")
    assert (place / "community").stat().st_uid == user
