"""A backup whose parent cannot be had is made as a full one, and says why."""

import shutil

import pyrage
import pytest

from tests.sources.files.ground import back_up, bring_back, give_identity, take_identity
from tests.sources.files.hands import picture
from workers.artifact import Kind
from workers.errors import Transient


@pytest.mark.parametrize("kind", [Kind.INCREMENTAL, Kind.DIFFERENTIAL])
def test_without_a_parent_a_full_is_made_and_says_so(plain, kind):
    made = back_up(plain, kind)
    assert (made.kind, made.parent, made.pins) == (Kind.FULL, None, ())
    assert made.facts.warnings == ("made as a full backup: there is no backup that it could build on",)


def test_a_parent_whose_index_is_damaged_makes_a_full_that_says_so(plain, root, tmp_path):
    before, damaged = back_up(plain), next((tmp_path / "nas").rglob("*.index.*"))
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    made = back_up(plain, Kind.INCREMENTAL)
    assert (made.kind, made.id.split("-")[1]) == (Kind.FULL, "full")
    assert made.facts.warnings[0].startswith(f"made as a full backup: the index of {before.id} cannot be read: segment 00")
    assert bring_back(plain, made.id, tmp_path / "out").state == "done"
    assert picture(tmp_path / "out") == picture(root)


def test_a_parent_whose_index_is_missing_makes_a_full(plain, tmp_path):
    back_up(plain)
    next((tmp_path / "nas").rglob("*.index.*")).unlink()
    assert back_up(plain, Kind.DIFFERENTIAL).kind is Kind.FULL


def test_a_parent_that_builds_on_what_is_gone_makes_a_full(plain, root, tmp_path):
    full = back_up(plain)
    (root / "new").write_text("new")
    back_up(plain, Kind.INCREMENTAL)
    shutil.rmtree(tmp_path / "nas" / "uploads" / full.id)
    made = back_up(plain, Kind.INCREMENTAL)
    assert made.kind is Kind.FULL
    assert f"builds on uploads/{full.id}, and no required store has that" in made.facts.warnings[0]


def test_stores_that_cannot_be_asked_make_no_full(plain, tmp_path):
    back_up(plain)
    (tmp_path / "nas").rename(tmp_path / "away")
    with pytest.raises(Transient, match="is not known"):
        back_up(plain, Kind.INCREMENTAL)


def test_a_host_that_cannot_open_its_backups_compares_with_the_index_that_it_kept(encrypted, root, tmp_path):
    full = back_up(encrypted)
    take_identity(tmp_path)
    (root / "new").write_text("new")
    made = back_up(encrypted, Kind.INCREMENTAL)
    assert (made.kind, made.parent) == (Kind.INCREMENTAL, full.id)
    give_identity(tmp_path)
    bring_back(encrypted, made.id, tmp_path / "out")
    assert picture(tmp_path / "out") == picture(root)


def test_a_host_with_the_key_of_another_makes_a_full_that_says_so(encrypted, root, tmp_path):
    full = back_up(encrypted)
    shutil.rmtree(tmp_path / "spool" / ".indexes")
    (tmp_path / "secrets" / "age_identity").write_text(str(pyrage.x25519.Identity.generate()))
    made = back_up(encrypted, Kind.INCREMENTAL)
    assert (made.kind, made.parent) == (Kind.FULL, None)
    assert made.facts.warnings[0].startswith(f"made as a full backup: the index of {full.id} cannot be read: ")


def test_an_index_of_another_backup_is_not_taken_for_that_of_the_parent(plain, root, tmp_path):
    first = back_up(plain)
    (root / "new").write_text("new")
    second = back_up(plain)
    theirs, ours = (next((tmp_path / "nas" / "uploads" / made.id).rglob("*.index.*")) for made in (first, second))
    ours.chmod(0o600)
    ours.write_bytes(theirs.read_bytes())
    made = back_up(plain, Kind.INCREMENTAL)
    assert made.kind is Kind.FULL
    assert f"the index of {second.id} cannot be read" in made.facts.warnings[0]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"no index")])
def test_without_a_good_kept_index_such_a_host_makes_a_full(encrypted, tmp_path, damage):
    full = back_up(encrypted)
    take_identity(tmp_path)
    damage(next((tmp_path / "spool" / ".indexes" / "uploads" / full.id).iterdir()))
    made = back_up(encrypted, Kind.INCREMENTAL)
    assert made.kind is Kind.FULL
    assert "cannot be read" in made.facts.warnings[0]
