"""A scratch server on data that are there already: as they are, or as our own."""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.sources.mysql.scratch.test_server import ask
from workers.errors import Permanent, Refused
from workers.sources.mysql.scratch.binaries import find
from workers.sources.mysql.scratch.copied import DATA, as_it_is, our_own
from workers.sources.mysql.scratch.home import furnish
from workers.sources.mysql.scratch.keeping import end_well
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import scratch
from workers.sources.mysql.session import rows


@pytest.fixture
def wish(wish: Wish, database: Database) -> Wish:
    """Of the very version of the programs."""
    return replace(wish, version=find(wish.flavour, wish.version, wish.tools).daemon.version)


def made(wish: Wish) -> Path:
    """The folder of a server that has one table and an account, and ended well."""
    with scratch(wish) as running:
        with closing(running.server.connect()) as session:
            rows(session, "CREATE DATABASE shop")
            rows(session, "CREATE TABLE shop.t (i INT PRIMARY KEY)")
            rows(session, "CREATE USER 'u'@'%' IDENTIFIED BY 'Secret-123'")
        end_well(running)
        found = wish.parent / "copied"
        found.mkdir(mode=0o700)
        furnish(found)
        shutil.copytree(running.home / DATA, found / DATA)
    return found


def accounts(running_as: Wish, place: Path) -> set[str]:
    with as_it_is(running_as, place) as running, closing(running.server.connect()) as session:
        return {f"{user}@{host}" for user, host in rows(session, "SELECT user, host FROM mysql.user")}


@pytest.mark.only("mariadb")  # MySQL's are in the tests of physical fulls
def test_data_are_served_as_they_are_and_then_as_our_own(wish: Wish) -> None:
    place = made(wish)
    before = accounts(wish, place)
    assert "u@%" in before
    with as_it_is(wish, place) as running:
        assert ask(running, "SELECT COUNT(*) FROM shop.t") == 0
        assert ask(running, "SELECT @@skip_networking") == 1
        assert ask(running, "SELECT @@event_scheduler") in ("OFF", "DISABLED")
        assert not list((place / DATA).glob("*.pem"))
    assert accounts(wish, place) == before
    with our_own(wish, place) as running:
        assert running.server.password is not None
        assert ask(running, "SELECT CURRENT_USER()") == "root@localhost"
        assert not (place / "first.sql").exists()
        assert ask(running, "SELECT COUNT(*) FROM shop.t") == 0


@pytest.mark.only("mysql")  # MariaDB makes what is not there
def test_a_server_of_another_series_is_refused_and_one_that_does_not_start_is_told(wish: Wish) -> None:
    place = wish.parent / "nothing"
    (place / DATA).mkdir(parents=True)
    furnish(place)
    with pytest.raises(Refused, match="and by nothing else"), as_it_is(replace(wish, version="5.0.1"), place):
        pass
    with pytest.raises(Permanent, match="the scratch server ended with"), as_it_is(wish, place):
        pass
