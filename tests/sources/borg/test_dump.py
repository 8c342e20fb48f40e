"""A backup by BorgBackup: what is in it, what is told, and what is refused."""

import json
import os
import stat
from dataclasses import replace

import pytest

from tests.sources.engine.hands import take
from workers.artifact import Kind
from workers.errors import Permanent, Refused
from workers.ports import Address
from workers.sources.borg.dump import Listing
from workers.sources.engine import record

DROP = "-dac_override,-dac_read_search"  # what lets root read every file


def weak(ground):
    """The same with a borg that may not read what nobody may read, even where root runs it."""
    folder = ground.root / "weak"
    folder.mkdir()
    drop = f"setpriv --bounding-set={DROP} --inh-caps={DROP} " if os.geteuid() == 0 else ""
    (folder / "borg").write_text(f'#!/bin/sh\nexec {drop}{ground.options.tools}/borg "$@"\n')
    (folder / "borg").chmod(0o755)
    return ground.with_(tools=folder)


def test_a_backup_is_counted_told_and_looked_up(made):
    taken = take(made)
    (archive,) = made.archives()
    found = record.read(taken.plain)
    assert (found.snapshot, found.path, found.engine) == (archive["id"], str(made.path), "borg")
    assert (found.files, found.size) == (21, 20 * 3004 + len("a report"))
    assert found.size <= taken.told < found.size + 1000
    assert taken.segment.name == f"snapshot.{archive['id']}"
    assert (taken.facts.identity, taken.facts.flavour) == (found.repository, "borg")
    assert taken.facts.warnings == ()
    assert archive["archive"].startswith("uploads-2")


def test_what_is_excluded_is_left_out_and_no_folder_above_is_taken(made):
    (made.path / "avatars/cache").mkdir()
    (made.path / "avatars/cache/thumb.png").touch()
    take(made)
    listed = made.borg("list", "--short", f"{made.repository}::{made.archives()[0]['name']}").splitlines()
    assert {"uploads", "uploads/report.pdf", "uploads/avatars/cache"} <= set(listed)
    assert [line for line in listed if line.endswith((".tmp", "thumb.png")) or not line.startswith("uploads")] == []


def test_a_repository_that_is_missing_is_made_with_a_backup_in_it(ground):
    take(ground)
    assert len(ground.archives()) == 1
    assert stat.S_IMODE(ground.repository.parent.stat().st_mode) == 0o700


def test_a_second_backup_stores_only_what_is_new_and_the_names_stand_for_the_tree(made):
    first = record.read(take(made).plain)
    (made.path / "more.bin").write_bytes(os.urandom(50_000))
    second = record.read(take(made).plain)
    assert second.files == first.files + 1
    assert 50_000 < second.added < 60_000 < first.added
    assert first.tree != second.tree


def test_a_file_that_cannot_be_read_is_named_in_a_warning_or_fails_the_backup(made):
    (made.path / "secret.pem").touch(mode=0)
    (warning,) = take(weak(made)).facts.warnings
    assert "not read: uploads/secret.pem: open: [Errno 13] Permission denied" in warning
    with pytest.raises(Permanent, match=r"1 names below .* could not be read: .*secret\.pem"):
        take(made.with_(tools=made.root / "weak", unreadable="fail"))
    assert len(made.archives()) == 1


def test_a_folder_that_is_missing_or_empty_is_no_small_backup(ground):
    with pytest.raises(Refused, match="is it mounted"):
        take(ground.with_(path=ground.root / "nowhere"))
    (ground.root / "empty").mkdir()
    with pytest.raises(Refused, match="allow_empty = true"):
        take(ground.with_(path=ground.root / "empty"))
    assert not ground.repository.exists()


def test_a_wrong_password_is_one_clear_sentence(made):
    with pytest.raises(Permanent, match=r"^store nas: the repository /.* does not open with the secret …_borg_password of this target"):
        take(replace(made, word="another word"))


def test_a_repository_without_its_config_is_not_made_anew_over_its_data(made):
    take(made)
    (made.repository / "config").unlink()
    with pytest.raises(Permanent, match="store nas: "):
        take(made)
    assert made.pieces


@pytest.mark.parametrize("kinds", [("s3",), ("local", "local")])
def test_a_bucket_and_a_second_store_are_refused_with_what_works(ground, kinds):
    addresses = tuple(Address(f"store{number}", kind, "/place") for number, kind in enumerate(kinds))
    with pytest.raises(Refused, match=r"keeps its repository in one local store, .*; restic knows S3, and several stores"):
        take(replace(ground, addresses=addresses))


def test_without_a_password_or_a_store_nothing_is_done(ground):
    with pytest.raises(Refused, match="the secret …_borg_password of this target is missing"):
        replace(ground.source, password=None).dump(Kind.FULL).__enter__()
    away = replace(ground.addresses[0], fault="store nas: is the disk mounted?")
    with pytest.raises(Permanent, match="is the disk mounted"):
        take(replace(ground, addresses=(away,)))
    assert not ground.repository.exists()


def test_no_secret_is_in_argv_or_environment_of_the_program(made, monkeypatch):
    """The program is a script that shows both, then goes on as borg."""
    folder = made.root / "spy"
    folder.mkdir()
    seen = folder / "seen"
    (folder / "borg").write_text(f'#!/bin/sh\n(echo "$@"; env) >> {seen}\nexec {made.options.tools}/borg "$@"\n')
    (folder / "borg").chmod(0o755)
    take(made.with_(tools=folder))
    assert "BORG_PASSCOMMAND=cat /" in seen.read_text()
    assert made.word not in seen.read_text()
    monkeypatch.setenv("BORG_PASSPHRASE", made.word)
    with pytest.raises(Refused, match="BORG_PASSPHRASE is in the worker's environment"):
        take(made)


def test_the_tree_does_not_depend_on_the_order_in_which_borg_writes_its_keys():
    """Measured: of three listings of one folder, the third had its keys in another order."""
    found = {"type": "-", "path": "uploads/a", "size": 5, "mtime": "2026-11-26T08:59:21.369271", "healthy": True}
    one, other = Listing(), Listing()
    one.hear(json.dumps(found))
    other.hear(json.dumps(dict(reversed(found.items()))))
    assert (one.tree, one.files, one.size) == (other.tree, 1, 5)
