"""A backup by restic: what is in it, what is told, and what is refused."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sources.engine.hands import take
from tests.sources.restic.conftest import Ground
from workers.artifact import Kind
from workers.errors import Permanent, Refused, Transient
from workers.sources.engine import record

DROP = "-dac_override,-dac_read_search"  # what lets root read every file


def weak(ground: Ground) -> Ground:
    """The same with a restic that may not read what nobody may read, even where root runs it."""
    folder = ground.root / "weak"
    folder.mkdir()
    script = folder / "restic"
    drop = f"setpriv --bounding-set={DROP} --inh-caps={DROP} " if os.geteuid() == 0 else ""
    script.write_text(f'#!/bin/sh\nexec {drop}{ground.options.tools}/restic "$@"\n')
    script.chmod(0o755)
    return ground.with_(tools=folder)


def test_a_backup_is_counted_told_and_looked_up(made):
    taken = take(made)
    (snapshot,) = made.snapshots()
    found = record.read(taken.plain)
    assert (found.snapshot, found.tree, found.path) == (snapshot["id"], snapshot["tree"], str(made.path))
    assert (found.files, found.size) == (21, 20 * 3004 + len("a report"))
    assert taken.told == found.size
    assert taken.segment.name == f"snapshot.{snapshot['id']}"
    facts = taken.facts
    assert (facts.identity, facts.flavour, facts.fingerprint) == (found.repository, "restic", found.tree)
    assert [(count.name, count.rows) for count in facts.counts] == [("files", 21)]
    assert dict(facts.extras)["plain_bytes"] == str(found.size)
    assert snapshot["tags"] == ["canvasback"]
    assert facts.warnings == ()


def test_what_is_excluded_is_left_out_and_no_folder_above_is_taken(made):
    take(made)
    listed = made.restic("ls", "latest").splitlines()
    assert "/uploads/report.pdf" in listed
    assert "/uploads" in listed
    assert [line for line in listed if line.endswith(".tmp") or not line.startswith(("/uploads", "snapshot"))] == []


def test_a_repository_that_is_missing_is_made_with_a_backup_in_it(ground):
    one = replace(ground, addresses=ground.addresses[:1])
    take(one)
    assert len(one.snapshots()) == 1
    assert stat.S_IMODE(one.repository().parent.stat().st_mode) == 0o700


def test_a_second_backup_stores_only_what_is_new(made):
    first = record.read(take(made).plain)
    (made.path / "more.bin").write_bytes(os.urandom(50_000))
    second = record.read(take(made).plain)
    assert second.files == first.files + 1
    assert 50_000 < second.added < 60_000 < first.added
    assert [snapshot.get("parent") for snapshot in made.snapshots()] == [None, first.snapshot]


def test_a_file_that_cannot_be_read_is_named_in_a_warning(made):
    (made.path / "secret.pem").write_text("nobody reads this")
    (made.path / "secret.pem").chmod(0)
    taken = take(weak(made))
    (warning,) = taken.facts.warnings
    assert warning.startswith("not read: ")
    assert "secret.pem" in warning
    assert "permission denied" in warning
    assert record.read(taken.plain).files == 21


def test_a_file_that_cannot_be_read_fails_the_backup_where_the_settings_say_so(made):
    (made.path / "secret.pem").touch(mode=0)
    with pytest.raises(Permanent, match=r"1 names below .* could not be read: .*secret\.pem.*permission denied"):
        take(weak(made.with_(unreadable="fail")))
    assert made.snapshots() == []


def test_a_folder_that_is_missing_is_refused_before_any_repository_is_made(ground):
    with pytest.raises(Refused, match="cannot be backed up: No such file or directory; is it mounted"):
        take(ground.with_(path=ground.root / "nowhere"))
    assert not ground.repository().exists()


@pytest.mark.parametrize("left", ["nothing", "only what is excluded"])
def test_an_empty_folder_is_no_small_backup(made, left):
    empty = made.root / "empty"
    empty.mkdir()
    if left != "nothing":
        (empty / "one.tmp").touch()
    with pytest.raises(Refused, match="allow_empty = true"):
        take(made.with_(path=empty))
    assert made.snapshots() == []


def test_an_empty_folder_is_a_backup_where_the_settings_allow_it(made):
    empty = made.root / "empty"
    empty.mkdir()
    assert record.read(take(made.with_(path=empty, allow_empty=True)).plain).files == 0


def test_a_wrong_password_is_one_clear_sentence(made):
    with pytest.raises(Permanent, match=r"^store nas: the repository /.* does not open with the secret …_restic_password of this target"):
        take(replace(made, word="another word"))


def test_without_a_password_nothing_is_done(ground):
    with (
        pytest.raises(Refused, match="the secret …_restic_password of this target is missing"),
        replace(ground.source, password=None).dump(Kind.FULL),
    ):
        pass


def test_a_store_that_is_not_mounted_is_told_and_gets_no_repository(ground):
    for kind in (Permanent, Transient):
        away = replace(ground.addresses[0], fault="store nas: is the disk mounted?", passing=kind is Transient)
        with pytest.raises(kind, match="is the disk mounted"):
            take(replace(ground, addresses=(away,)))
    assert not ground.repository().exists()


def test_a_repository_without_its_config_is_not_made_anew_over_its_data(made):
    take(made)
    (made.repository() / "config").unlink()
    with pytest.raises(Permanent, match=r"store nas: .*init failed: .*already"):
        take(made)
    assert made.packs()


def test_other_kinds_are_refused(made):
    with pytest.raises(Refused, match="each is a full one that stores only what is new"):
        made.source.dump(Kind.INCREMENTAL)


def test_a_link_to_the_folder_is_followed(made):
    link = made.root / "link-to-uploads"
    link.symlink_to(made.path)
    taken = take(made.with_(path=link))
    assert record.read(taken.plain).path == str(made.path)
    assert taken.facts.place == str(link)


def test_no_secret_is_in_argv_or_environment_of_the_program(made):
    """The program is a script that shows both, then goes on as restic."""
    folder = made.root / "spy"
    folder.mkdir()
    seen = folder / "seen"
    (folder / "restic").write_text(f'#!/bin/sh\n(echo "$@"; env) >> {seen}\nexec {made.options.tools}/restic "$@"\n')
    (folder / "restic").chmod(0o755)
    take(made.with_(tools=folder))
    assert "--password-file" in seen.read_text()
    assert made.word not in seen.read_text()
    assert list(Path("/tmp").glob(f"canvasback-{os.getpid()}-*")) == []
