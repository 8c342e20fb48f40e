"""What goes wrong in the middle of a physical full: told with the true reason, and nothing is left on the host."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import Taken, source_of, take
from tests.system import disks
from workers.artifact import Kind
from workers.errors import Failure, Permanent, Refused
from workers.sources.mysql.physical import backup, datadir
from workers.sources.mysql.session import rows
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


def left(source: MysqlSource) -> list[Path]:
    return list(source.scratch_dir.iterdir()) if source.scratch_dir.exists() else []


@pytest.fixture
def big(ground: Ground, cloning: Database) -> str:
    """A database whose copy takes a moment."""
    name = ground.database(ROWS)
    ground.execute(*[TWICE.format(name, name)] * 11)
    return name


@pytest.mark.only("mariadb")
def test_tables_that_somebody_uses_meanwhile_are_no_fault_and_are_in_the_backup(
    ground: Ground, cloning: Database, near: Path, place: Path, tmp_path: Path
) -> None:
    made = "CREATE TABLE {0} (n INT) ENGINE={0}; INSERT INTO {0} VALUES (1), (2);"
    name = ground.database("".join(made.format(engine) for engine in ("InnoDB", "MyISAM", "Aria")))
    with closing(ground.server.connect(name)) as session:
        rows(session, "LOCK TABLES InnoDB READ, MyISAM READ, Aria READ")
        taken = take(source_of(ground, name, near), tmp_path)
    taken.back(taken.order(server=place))
    with taken.served(place) as new, closing(new.server.connect(name)) as session:
        assert [rows(session, f"SELECT SUM(n) FROM {engine}")[0][0] for engine in ("InnoDB", "MyISAM", "Aria")] == [3, 3, 3]


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


@pytest.mark.only("mariadb")
def test_a_program_that_is_killed_in_mid_stream_is_told(ground: Ground, shop: MysqlSource) -> None:
    with shop.dump(Kind.FULL) as dump:
        blocks = next(iter(dump.parts())).blocks
        next(iter(blocks))
        dump.backup._child.kill()  # type: ignore[attr-defined]
        with pytest.raises(Permanent, match=r"was killed by signal 9"):
            list(blocks)
        with pytest.raises(Permanent, match="was killed by signal 9"):
            dump.facts()


@pytest.mark.only("mariadb")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo '[00] 2026-11-26 07:28:21 Oh dear' >&2; {said}", "said what nobody expects: .*Oh dear"),
        ("echo 'InnoDB: Error' >&2; {said}", "said what nobody expects: InnoDB: Error"),
        ("exit 0", "not with 'completed OK!': it said nothing"),
        ("exit 3", "ended with status 3"),
        ("printf XBSTCK01; {said}", "ends in the middle of a chunk"),
        ("{said}; kill -9 $$", "was killed by signal 9"),
    ],
)
def test_a_program_that_lies_is_found_out(ground: Ground, shop: MysqlSource, tmp_path: Path, script: str, words: str) -> None:
    said = "echo '[00] 2026-11-26 07:28:21 completed OK!' >&2"
    fake = tmp_path / "mariadb-backup"
    real = Path(str(shop.options.tools)) / "mariadb-backup"
    fake.write_text(f'#!/bin/sh\ntest "$1" = --version && exec {real} --version\n{script.format(said=said)}\n')
    fake.chmod(0o755)
    for program in Path(str(shop.options.tools)).iterdir():
        with suppress(FileExistsError):
            (tmp_path / program.name).symlink_to(program)
    source = MysqlSource(shop.options.model_copy(update={"tools": tmp_path}), shop.password)
    (tmp_path / "out").mkdir()
    with pytest.raises(Permanent, match=words):
        take(source, tmp_path / "out")


@pytest.mark.only("mariadb")
def test_commits_are_never_held_for_long(ground: Ground, shop: MysqlSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "HOLD", 0.0)
    with pytest.raises(Failure, match=r"held commits for 0 s and was ended"):
        take(shop, tmp_path)
    ground.execute(f"UPDATE {shop.options.database}.counter SET n = n")


def test_leaving_early_ends_every_child_and_removes_the_copy(shop: MysqlSource, taken: Taken) -> None:
    with shop.dump(Kind.FULL) as dump:
        next(iter(next(iter(dump.parts())).blocks))
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in children if "backup" in Path(f"/proc/{pid}/comm").read_text()]
    assert left(shop) == []
