"""A scratch server whose data folder becomes that of a new server."""

from contextlib import closing
from pathlib import Path

import pymysql
import pytest

from compose.local.database import Database
from workers.errors import Refused
from workers.sources.mysql.scratch.keeping import keep
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import rows


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
