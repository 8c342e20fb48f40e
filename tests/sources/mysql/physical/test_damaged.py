"""A page of a table was damaged on the live server's disk before the backup: every checksum of ours is right, and a trial still says so."""

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from tests.sources.mysql.physical.conftest import Taken, take
from workers.errors import Corrupt, Permanent
from workers.ports import TrialGround
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import known
from workers.sources.mysql.source import MysqlSource

PAGE, LEAF = 16 << 10, b"\x45\xbf"  # bytes of a page of InnoDB, and its type where it belongs to an index
ROWS = (
    "INSERT INTO shop.posts WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n, REPEAT('b', 500) FROM s"
)


def fill(server: Database) -> None:
    """Two tables, which are in their files and in no log when the server stands still."""
    server.run("CREATE DATABASE shop", "CREATE TABLE shop.posts (id INT PRIMARY KEY, body TEXT) ENGINE=InnoDB", ROWS)
    server.run("CREATE TABLE shop.users (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO shop.users VALUES (1), (2)")
    server.stop()


def damage(data: Path) -> None:
    """Other bytes in the rows of a leaf of one table, in a data directory that no server uses."""
    path = data / "shop" / "posts.ibd"
    pages = bytearray(path.read_bytes())
    leaves = [at for at in range(0, len(pages), PAGE) if pages[at + 24 : at + 26] == LEAF and pages[at + 64 : at + 66] == b"\0\0"]
    at = leaves[len(leaves) // 2]
    pages[at + 5000 : at + 5020] = bytes(byte ^ 0xFF for byte in pages[at + 5000 : at + 5020])
    path.write_bytes(pages)


def source_of(live: Database, near: Path) -> MysqlSource:
    options = MysqlOptions(socket=live.socket, user="root", databases=["shop"], tools=live.tools, mode="physical")
    return MysqlSource(options, scratch_dir=near / "scratch")


def tried(taken: Taken, folder: Path, spoil: Callable[[Path], None] = lambda data: None) -> str:
    """What a trial says against a full; `spoil` does something to the unpacked files first."""
    order = replace(taken.order(folder / "server"), into=taken.facts.place, scratch=True)
    with taken.source.trial(order, TrialGround("0badcafe", folder, 1)) as trial:
        for piece in taken.pieces:
            trial.load(*piece)
        spoil(folder / "server.part" / "data")
        with pytest.raises(Corrupt) as caught:
            trial.finish(iter(()))
        assert trial.blame() == ""
    assert list(folder.iterdir()) == []
    return caught.value.reason


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a large server: where rows are counted, only the first one of each table is read."""
    monkeypatch.setattr(known, "COUNTED", -1)


def test_mysql_copies_a_damaged_page_and_the_trial_names_its_table(near: Path, tmp_path: Path) -> None:
    with MySQL(near / secrets.token_hex(3)) as live:
        live.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
        fill(live)
        damage(live.folder / "data")
        live.start()
        said = tried(take(source_of(live, near), tmp_path), near / secrets.token_hex(3))
    assert said.startswith("table `shop`.`posts` of the copy cannot be read: ")
    assert re.search(r"Unable to read page|\[ERROR\] .*Assertion failure", said)  # as far as the server comes before it falls


def test_mariadbs_program_copies_none_and_one_that_is_damaged_later_is_found_by_the_trial(near: Path, tmp_path: Path) -> None:
    with MariaDB(near / secrets.token_hex(3)) as live:
        fill(live)
        live.start()
        assert "`shop`.`posts`" in tried(take(source_of(live, near), tmp_path), near / secrets.token_hex(3), damage)
        live.stop()
        damage(live.folder / "data")
        live.start()
        with pytest.raises(Permanent, match=r"File \./shop/posts\.ibd seems to be corrupted") as caught:
            take(source_of(live, near), tmp_path)
    assert "a page, which is not repeated here" in caught.value.reason
    assert "6262" not in caught.value.reason
