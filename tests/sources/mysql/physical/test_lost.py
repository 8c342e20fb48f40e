"""What goes wrong in the middle of a physical full: told with the true reason, and nothing is left on the host."""

import os
from contextlib import closing, suppress
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import Taken, left, source_of, take
from workers.artifact import Kind
from workers.errors import Failure, Permanent
from workers.sources.mysql.physical import backup
from workers.sources.mysql.session import rows
from workers.sources.mysql.source import MysqlSource


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
        ("{looked}; {said}; printf XBSTCK01", "ends in the middle of a chunk"),  # it looked again, and that was enough
        ("exit 0", "not with 'completed OK!': it said nothing"),
        ("exit 3", "ended with status 3"),
        ("printf XBSTCK01; {said}", "ends in the middle of a chunk"),
        ("{said}; kill -9 $$", "was killed by signal 9"),
    ],
)
def test_a_program_that_lies_is_found_out(ground: Ground, shop: MysqlSource, tmp_path: Path, script: str, words: str) -> None:
    said = "echo '[00] 2026-11-26 07:28:21 completed OK!' >&2"
    again = (
        "[01] 2026-11-26 07:28:21 Database page corruption detected at page 5, retrying...",
        "[00] 2026-11-26 07:28:21 Retrying read of log at LSN=42",
    )
    looked = "; ".join(f"echo '{words}' >&2" for words in again)
    fake = tmp_path / "mariadb-backup"
    real = Path(str(shop.options.tools)) / "mariadb-backup"
    fake.write_text(f'#!/bin/sh\ntest "$1" = --version && exec {real} --version\n{script.format(said=said, looked=looked)}\n')
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
