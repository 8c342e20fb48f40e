"""What lost workers left is removed by their own server's targets; what belongs to another server, or to a process that lives, stays."""

import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import Taken, source_of
from workers.artifact import Kind
from workers.sources.mysql.physical import clone, restore
from workers.sources.mysql.scratch.home import held
from workers.sources.mysql.source import MysqlSource


def lost_copy(source: MysqlSource, name: str) -> Path:
    """The folder of a copy whose owner is gone."""
    place = source.scratch_dir / name
    place.mkdir(parents=True)
    (place / "owner").touch()
    return place


@pytest.fixture
def source(ground: Ground, cloning: object, tmp_path: Path, near: Path) -> MysqlSource:
    return source_of(ground, ground.database("CREATE TABLE t (id INT PRIMARY KEY);"), near / tmp_path.name[-8:])


@pytest.fixture
def own(ground: Ground) -> str:
    """How copies of the server of the session are called."""
    with closing(ground.server.connect()) as session:
        return clone.copies_of(session)


@pytest.mark.only("mysql")
def test_a_sweep_removes_the_copies_of_its_own_server_and_none_of_another(source: MysqlSource, own: str) -> None:
    mine, other = lost_copy(source, f"{own}a"), lost_copy(source, "copy-00000000-a")
    assert source.sweep() == 1
    assert (mine.exists(), other.exists()) == (False, True)


@pytest.mark.only("mysql")
def test_a_backup_removes_the_lost_copy_of_its_own_server_and_none_of_another(source: MysqlSource, own: str) -> None:
    mine, other = lost_copy(source, f"{own}a"), lost_copy(source, "copy-00000000-a")
    with source.dump(Kind.FULL):
        assert (mine.exists(), other.exists()) == (False, True)
    assert [path.name for path in source.scratch_dir.iterdir()] == [other.name]


@pytest.mark.only("mysql")
def test_a_copy_of_a_server_that_is_away_waits_for_it(source: MysqlSource, own: str, tmp_path: Path) -> None:
    mine = lost_copy(source, f"{own}a")
    away = MysqlSource(source.options.model_copy(update={"socket": tmp_path / "no.sock"}), None, scratch_dir=source.scratch_dir)
    assert (away.sweep(), mine.exists()) == (0, True)
    assert (source.sweep(), mine.exists()) == (1, False)


@pytest.mark.only("mysql")
def test_a_copy_that_its_server_does_not_stop_writing_stays(source: MysqlSource, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = lost_copy(source, f"{own}a")
    monkeypatch.setattr(clone, "_PATIENCE", -1.0)
    monkeypatch.setattr(clone, "_OURS", "SELECT 4000000000 FROM DUAL WHERE INSTR(%s, 'CLONE LOCAL') = 1")
    assert (source.sweep(), mine.exists()) == (0, True)


@pytest.mark.only("mariadb")
def test_a_server_that_makes_no_copies_removes_none(source: MysqlSource) -> None:
    other = lost_copy(source, "copy-00000000-a")
    assert (source.sweep(), other.exists()) == (0, True)


def test_a_restore_of_any_target_that_goes_on_for_more_than_a_day_is_not_swept(taken: Taken, source: MysqlSource) -> None:
    order = taken.order(into="t_sweeping")
    scratch = source.scratch_dir
    restore.prepare(source.options, order, source._server(), scratch)
    (place,) = scratch.iterdir()
    os.utime(place, (0, 0))
    segment, path = taken.pieces[0]
    restore.load(order, path, scratch)
    assert (source.sweep(), segment.number, place.exists()) == (0, 1, True)


def test_a_restore_that_nobody_went_on_with_is_swept_unless_a_process_holds_it(source: MysqlSource) -> None:
    place = source.scratch_dir / f"{restore.RESTORING}9f3a11c2"
    place.mkdir(parents=True)
    with held(place):
        os.utime(place, (0, 0))
        assert (source.sweep(), place.exists()) == (0, True)
    assert (source.sweep(), place.exists()) == (1, False)
    shutil.rmtree(source.scratch_dir)
