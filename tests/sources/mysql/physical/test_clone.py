"""A server copies itself into a folder: told with the true reason where it could not, and nothing is left of it, whoever was killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import left, source_of, take
from tests.system import disks
from workers.artifact import Kind
from workers.errors import Permanent, Refused
from workers.sources.mysql.physical import datadir
from workers.sources.mysql.physical.clone import copies_of
from workers.sources.mysql.session import connect
from workers.sources.mysql.source import MysqlSource

ROWS = "CREATE TABLE big (i INT AUTO_INCREMENT PRIMARY KEY, t LONGTEXT) ENGINE=InnoDB; INSERT INTO big (t) VALUES (REPEAT('x', 30000));"
TWICE = "INSERT INTO {}.big (t) SELECT t FROM {}.big"
OWNER = """
import sys
from pathlib import Path
from workers.artifact import Kind
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.source import MysqlSource

options = MysqlOptions.model_validate({"socket": sys.argv[1], "user": "root", "databases": [sys.argv[2]], "tools": sys.argv[3],
                                       "mode": "physical"})
with MysqlSource(options, scratch_dir=Path(sys.argv[4])).dump(Kind.FULL) as dump:
    print("open", flush=True)
    for part in dump.parts():
        for block in part.blocks:
            sys.stdin.read(1)
"""
CLONING = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'CLONE LOCAL%'"


@pytest.fixture
def big(ground: Ground, cloning: Database) -> str:
    """A database whose copy takes a moment."""
    name = ground.database(ROWS)
    ground.execute(*[TWICE.format(name, name)] * 11)
    return name


@pytest.mark.only("mysql")
def test_a_clone_that_is_killed_fails_the_backup_and_leaves_nothing(ground: Ground, big: str, near: Path, tmp_path: Path) -> None:
    source = source_of(ground, big, near)

    def kill() -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for (number,) in ground.execute("SELECT id FROM information_schema.processlist WHERE info LIKE 'CLONE LOCAL%'"):
                ground.execute(f"KILL QUERY {number}")
                return

    saboteur = threading.Thread(target=kill)
    saboteur.start()
    with pytest.raises(Permanent, match="copying the server with CLONE LOCAL"):
        take(source, tmp_path)
    saboteur.join()
    assert left(source) == []


@pytest.mark.only("mysql")
def test_what_a_killed_worker_left_is_removed_and_its_clone_ended(ground: Ground, cloning: Database, big: str, near: Path) -> None:
    source = source_of(ground, big, near)
    argv = [sys.executable, "-c", OWNER, str(cloning.socket), big, str(cloning.tools), str(source.scratch_dir)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        end = time.monotonic() + 60
        while not ground.execute(CLONING)[0][0] and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(owner.pid, signal.SIGKILL)
    assert len(left(source)) == 1
    assert source.sweep() == 1
    assert (left(source), ground.execute(CLONING)) == ([], [(0,)])


@pytest.mark.only("mysql")
def test_two_targets_of_one_server_copy_it_in_turn(ground: Ground, big: str, near: Path, tmp_path: Path) -> None:
    sources = [source_of(ground, name, near) for name in (big, ground.database())]

    def opened(source: MysqlSource) -> bool:
        with source.dump(Kind.FULL):
            return True

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(opened, sources)) == [True, True]
    assert left(sources[0]) == []


@pytest.mark.only("mysql")
def test_a_worker_that_is_killed_while_it_reads_its_copy_leaves_it_to_the_next(ground: Ground, cloning: Database, near: Path) -> None:
    source = source_of(ground, ground.database(), near)
    argv = [sys.executable, "-c", OWNER, str(cloning.socket), source.options.database, str(cloning.tools), str(source.scratch_dir)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"open\n"
        (held,) = left(source)
        assert source.sweep() == 0
        os.kill(owner.pid, signal.SIGKILL)
    with source.dump(Kind.FULL):
        assert held not in left(source)
    assert left(source) == []


@pytest.mark.only("mysql")
def test_a_disk_without_room_is_refused_beforehand_and_one_that_fills_up_is_told(
    ground: Ground, big: str, near: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_of(ground, big, near)
    source.scratch_dir.mkdir(exist_ok=True)
    with disks.small(source.scratch_dir, "40m"):
        with pytest.raises(Refused, match=r"free, so [\d,]+ are missing"):
            take(source, tmp_path)
        monkeypatch.setattr(datadir.Datadir, "room", 0)
        with pytest.raises(Permanent, match=r"CLONE LOCAL.*(space|Disk full|Error writing|No space)"):
            take(source, tmp_path)
        assert left(source) == []


@pytest.mark.only("mysql")
def test_copies_of_a_server_have_one_name_by_whatever_address_it_is_reached(ground: Ground) -> None:
    over_tcp = ground.target("mysql", ground.account())
    with closing(ground.server.connect()) as one, closing(connect(over_tcp.options, over_tcp.password)) as other:
        assert copies_of(one) == copies_of(other)
        assert copies_of(one).startswith("copy-")
