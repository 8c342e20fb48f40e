"""A repository of BorgBackup that is not the one it was: read-only, another one, an older one, with an archive of somebody's own."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sources.engine.hands import bring, take, tree
from tests.sources.engine.scripts import scripted
from tests.system import disks
from workers.errors import Permanent, Refused


def test_a_disk_that_is_read_only_takes_no_backup_and_gives_back_what_is_on_it(ground, taken):
    here = replace(ground, addresses=(replace(ground.addresses[0], place=str(ground.root / "disk" / "borg")),))
    with disks.read_only(ground.root / "disk", ground.repository.parent):
        for refused in (lambda: take(here), lambda: here.source.audit(taken.segment, "nas", None)):
            with pytest.raises(Permanent, match=r"^store nas: the repository /.* cannot be written: its disk is mounted read-only"):
                refused()
        bring(here, taken, taken.order(ground.root / "restored"))
        assert [found.path for found in here.source.find("report*", [(taken.segment, taken.plain)])] == ["report.pdf"]
    assert tree(ground.root / "restored").keys() == tree(ground.path).keys() - {"left.tmp"}


def test_one_that_was_put_back_from_an_older_copy_is_told_before_anything_is_done(ground, taken):
    shutil.copytree(ground.repository, ground.root / "older")
    take(ground)
    shutil.rmtree(ground.repository)
    (ground.root / "older").rename(ground.repository)
    with pytest.raises(Permanent, match=r"^store nas: .* is older than what this host knows of it; the runbook"):
        take(ground)


def test_one_that_is_not_encrypted_in_its_place_gets_nothing(ground, taken):
    shutil.rmtree(ground.repository)
    ground.borg("init", "--encryption", "none", str(ground.repository))
    before = [(path.name, path.stat().st_size) for path in ground.pieces]
    with pytest.raises(Permanent, match=r"^store nas: .* is not encrypted as ours are: another one was put in its place"):
        take(ground)
    assert [(path.name, path.stat().st_size) for path in ground.pieces] == before


def test_one_without_its_key_is_told(ground, taken):
    config = ground.repository / "config"
    config.write_text(config.read_text().partition("key = ")[0])
    with pytest.raises(Permanent, match=r"^store nas: .*No key entry found in the config of repository"):
        take(ground)


def test_our_own_archive_is_checked_by_its_name_for_somebody_else_may_have_made_a_newer_one(ground, taken):
    spied = scripted(ground, "borg", 'echo "$*" >> $here/asked')
    spied.source.audit(taken.segment, "nas", None)
    (own,) = [each["name"] for each in ground.archives()]
    (line,) = [line for line in (spied.options.tools / "asked").read_text().splitlines() if " check " in line]
    assert f"--glob-archives *{own[-25:]} " in line


def test_a_folder_for_caches_that_cannot_be_one_is_named(made):
    (made.root / "no folder").touch()
    with pytest.raises(Permanent, match=r"no folder"):
        take(made.with_(cache=made.root / "no folder"))


def test_a_password_that_the_environment_would_give_to_a_new_repository_is_refused(ground, monkeypatch):
    monkeypatch.setenv("BORG_NEW_PASSPHRASE", "another")
    with pytest.raises(Refused, match="BORG_NEW_PASSPHRASE is in the worker's environment"):
        take(ground)
    assert not Path(ground.addresses[0].place).exists()


def test_a_worker_that_knows_nothing_of_the_repository_reads_it_all_the_same(ground, taken):
    """As on a new machine: no cache, and nothing known of where it was."""
    assert not ground.options.cache.exists()
    moved = replace(ground, addresses=(replace(ground.addresses[0], place=str(ground.repository.rename(ground.root / "moved"))),))
    bring(moved, taken, taken.order(ground.root / "restored"))
    assert tree(ground.root / "restored").keys() == tree(ground.path).keys() - {"left.tmp"}
