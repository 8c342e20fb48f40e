"""A physical full is tried on a server of its own: everything on it is counted and checked, and nothing of it stays."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import Taken
from workers.artifact import Outcome
from workers.errors import Corrupt, Failure, Permanent, Refused, Transient
from workers.ports import Look, TrialGround
from workers.sources.mysql.physical import proving
from workers.sources.mysql.physical import trial as trials
from workers.sources.mysql.physical.directory import Directory
from workers.sources.mysql.physical.reading import reading
from workers.sources.mysql.physical.trial import PhysicalTrial
from workers.sources.mysql.session import rows


def nothing(_: Path) -> None:
    """Leave the files as they are."""


def tried(taken: Taken, folder: Path, spoil: Callable[[Path], None] = nothing, **facts: object) -> tuple[Outcome, Look]:
    """A trial of a full in a folder; `spoil` does something to the unpacked files first."""
    order = replace(taken.order(folder / "server", **facts), into=taken.facts.place, scratch=True)
    with taken.source.trial(order, TrialGround("0badcafe", folder, 1)) as trial:
        trial.prepare(iter(()))
        for piece in taken.pieces:
            trial.load(*piece)
        spoil(Directory(folder / "server").data)
        try:
            return trial.finish(iter(())), trial.look()
        finally:
            assert trial.blame() == ""


@pytest.fixture
def folder(near: Path) -> Path:
    return near / secrets.token_hex(3)


def test_all_of_the_server_is_counted_and_the_targets_relations_are_followed(ground: Ground, taken: Taken, folder: Path) -> None:
    before = ground.execute("SHOW DATABASES")
    outcome, look = tried(taken, folder)
    assert {count.name for count in outcome.counts} == {count.name for count in taken.facts.counts}
    assert [relation.partition(" (")[0] for relation in look.relations] == ["odd, @name/é → t"]
    assert look.flaws == ()
    assert (list(folder.iterdir()), ground.execute("SHOW DATABASES")) == ([], before)


@pytest.mark.only("mysql")  # files in MariaDB's place end its --prepare, as in every restore
def test_files_on_which_no_server_starts_speak_against_the_backup_and_nothing_stays(taken: Taken, folder: Path) -> None:
    with pytest.raises(Permanent, match="the scratch server ended with 1: "):
        tried(taken, folder, lambda data: (data / "ibdata1").write_bytes(os.urandom(12 << 20)) and None)
    assert list(folder.iterdir()) == []


def test_without_a_program_for_the_files_it_is_refused_before_anything_is_unpacked(taken: Taken, folder: Path) -> None:
    with pytest.raises(Refused, match="are served by"):
        tried(taken, folder, version="5.1.0")
    assert list(folder.iterdir()) == []


def test_without_room_for_the_whole_server_it_is_refused_with_what_is_missing_before_anything_is_unpacked(
    taken: Taken, folder: Path
) -> None:
    extras = tuple((name, str(1 << 60) if name == "bytes" else setting) for name, setting in taken.facts.extras)
    with pytest.raises(Refused, match=r"needs [\d,]+ bytes, .* has [\d,]+ free, so [\d,]+ are missing: .*scratch_dir in the settings"):
        tried(taken, folder, extras=extras)
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def finished(taken: Taken, near: Path) -> Iterator[PhysicalTrial]:
    """A trial whose server runs."""
    folder = near / secrets.token_hex(3)
    with taken.source.trial(replace(taken.order(folder / "server"), scratch=True), TrialGround("0badcafe", folder, 1)) as trial:
        assert isinstance(trial, PhysicalTrial)
        with pytest.raises(Permanent, match="was not restored, and cannot be looked at"):
            trial.look()
        for piece in taken.pieces:
            trial.load(*piece)
        trial.finish(iter(()))
        yield trial


@pytest.mark.only("mariadb")  # which starts sooner
def test_a_table_that_still_counts_its_rows_is_named_where_they_are_not_sound(finished: PhysicalTrial) -> None:
    assert finished.running is not None
    with closing(finished.running.server.connect()) as session:
        rows(session, "CREATE DATABASE `o d`")
        rows(session, "CREATE TABLE `o d`.`a.b` (n INT PRIMARY KEY, t TEXT) ENGINE=MyISAM")
        rows(session, "INSERT INTO `o d`.`a.b` VALUES (1, REPEAT('x', 5000)), (2, REPEAT('y', 5000))")
        proving.check(finished.running)
        rows(session, "FLUSH TABLES")
        path = finished.directory.data / "o@0020d" / "a@002eb.MYD"
        path.write_bytes(os.urandom(path.stat().st_size))
        assert rows(session, "SELECT COUNT(*) FROM `o d`.`a.b`") == [(2,)]
        with pytest.raises(Corrupt, match=r"restored, and not sound: `o d`\.`a\.b`: "):
            proving.check(finished.running)


@pytest.mark.only("mariadb")  # which starts sooner
def test_a_server_that_somebody_killed_is_to_blame_and_one_that_met_bad_files_is_not(finished: PhysicalTrial) -> None:
    assert finished.blame() == ""
    assert finished.running is not None
    with closing(finished.running.server.connect()) as session:
        finished.running.process.kill()
        with (
            pytest.raises(Transient, match="table a of the copy was not read, and may be sound: it was killed by signal 9"),
            reading(finished.running, "a"),
        ):
            rows(session, "SELECT 1")
    assert "it was killed by signal 9" in finished.blame()


@pytest.mark.only("mariadb")
@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("kill -9 $$", Transient, "--prepare ended, for it was killed by signal 9"),
        ("echo 'Error writing file x (Errcode: 28)' >&2; exit 1", Permanent, "--prepare ended, for its disk is full"),
    ],
)
def test_a_program_that_its_host_does_not_let_work_speaks_not_against_the_backup(
    taken: Taken, folder: Path, tmp_path: Path, script: str, kind: type[Failure], words: str
) -> None:
    tools = Path(str(taken.source.options.tools))
    for program in tools.iterdir():
        (tmp_path / program.name).symlink_to(program)
    fake = tmp_path / "mariadb-backup"
    fake.unlink()
    fake.write_text(f'#!/bin/sh\ntest "$1" = --version && exec {tools}/mariadb-backup --version\n{script}\n')
    fake.chmod(0o755)
    options = taken.source.options.model_copy(update={"tools": tmp_path})
    order = replace(taken.order(folder / "server"), scratch=True)
    with trials.trial(options, taken.source._server, order, TrialGround("0badcafe", folder, 1)) as trial:
        with pytest.raises(Failure, match=words) as caught:
            trial.finish(iter(()))
        assert (type(caught.value), trial.blame() != "") == (kind, kind is Permanent)  # what may pass is no verdict by itself
