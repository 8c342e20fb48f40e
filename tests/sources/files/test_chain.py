"""A folder through the steps themselves, full, incremental and differential, and back again at each point."""

import os
import shutil
import time
from datetime import UTC, datetime

import pytest

from tests.sources.files.conftest import TICK
from tests.sources.files.ground import back_up, bring_back, manifest_of
from tests.sources.files.hands import picture
from workers.artifact import Kind, Order, Role, Run, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.indexes import brought
from workers.bench.tidying import sweep
from workers.catalog.manifest import segment_key
from workers.errors import Corrupt, Permanent, Refused
from workers.sources.files.site import site
from workers.spool import files
from workers.stores.local import LocalStore


def test_a_folder_goes_through_every_step_and_comes_back_as_it_was(tools, root, tmp_path):
    before = picture(root)
    entry = bring_back(tools, back_up(tools).id, tmp_path / "out")
    assert entry.state == "done"
    assert picture(tmp_path / "out") == before


def test_every_point_of_a_chain_comes_back_and_copies_nothing_twice(tools, root, tmp_path):
    full, pictures = back_up(tools), [picture(root)]
    (root / "new").write_text("since the full")
    os.setxattr(root / "new", "user.note", b"kept")
    time.sleep(TICK)
    first = back_up(tools, Kind.INCREMENTAL)
    pictures.append(picture(root))
    shutil.rmtree(root / "a" / "deep")
    (root / "large").unlink()
    (root / "large").write_text("made anew")
    time.sleep(TICK)
    second = back_up(tools, Kind.INCREMENTAL)
    pictures.append(picture(root))
    (root / "first").unlink()
    third = back_up(tools, Kind.DIFFERENTIAL)
    pictures.append(picture(root))
    assert [found.parent for found in (full, first, second, third)] == [None, full.id, first.id, full.id]
    assert [found.pins for found in (first, second, third)] == [
        (f"uploads/{full.id}",),
        (f"uploads/{first.id}", f"uploads/{full.id}"),
        (f"uploads/{full.id}",),
    ]
    sizes = [sum(found.plain.bytes for found in made.segments if found.role is Role.DATA) for made in (full, first, second, third)]
    assert max(sizes[1:]) < 64 << 10 < sizes[0]
    for number, made in enumerate((full, first, second, third)):
        assert bring_back(tools, made.id, tmp_path / f"out{number}").state == "done"
        assert picture(tmp_path / f"out{number}") == pictures[number]


def test_an_incremental_backup_never_builds_on_a_differential_one(plain, root):
    full = back_up(plain)
    back_up(plain, Kind.DIFFERENTIAL)
    assert back_up(plain, Kind.INCREMENTAL).parent == full.id


def test_only_the_indexes_that_a_backup_may_build_on_are_kept(encrypted, root, tmp_path):
    kept = tmp_path / "spool" / ".indexes" / "uploads"
    for name in ("20200101T000000Z-full-00000000", "20200102T000000Z-incremental-00000000", "20990101T000000Z-full-00000000"):
        (kept / name).mkdir(parents=True)  # two that nothing needs any more, and one of a run that goes on
    made = [back_up(encrypted, kind).id for kind in (Kind.FULL, Kind.INCREMENTAL, Kind.DIFFERENTIAL)]
    assert {path.name for path in kept.iterdir()} == {*made[:2], "20990101T000000Z-full-00000000"}


def test_nothing_is_kept_of_backups_that_are_not_encrypted(plain, tmp_path):
    back_up(plain)
    back_up(plain, Kind.INCREMENTAL)
    assert list((tmp_path / "spool" / ".indexes").iterdir()) == []


def test_a_damaged_index_is_found_before_anything_is_made(tools, tmp_path):
    backup = back_up(tools).id
    index = next((tmp_path / "nas").rglob("*.index.*"))
    index.chmod(0o600)
    index.write_bytes(index.read_bytes()[:-9])
    with pytest.raises(Corrupt, match=r"index\.zst.* in nas has"):
        bring_back(tools, backup, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_pack_of_a_parent_is_found_before_anything_is_made(plain, root, tmp_path):
    full = back_up(plain)
    (root / "new").write_text("new")
    made = back_up(plain, Kind.INCREMENTAL)
    pack = next((tmp_path / "nas" / "uploads" / full.id).rglob("*.pack*"))
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-9])
    with pytest.raises(Corrupt, match=f"segment uploads/{full.id}/segments/.* in nas has"):
        bring_back(plain, made.id, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_backup_whose_parent_is_gone_says_which(plain, root, tmp_path):
    full = back_up(plain)
    made = back_up(plain, Kind.INCREMENTAL)
    shutil.rmtree(tmp_path / "nas" / "uploads" / full.id)
    with pytest.raises(Permanent, match=f"{made.id} builds on {full.id}, which cannot be read"):
        bring_back(plain, made.id, tmp_path / "out")


def test_single_files_are_read_from_their_packs_alone(plain, root, tmp_path):
    full = back_up(plain)
    (root / "a" / "report 1.pdf").write_text("new")
    made = back_up(plain, Kind.INCREMENTAL)
    entry = bring_back(plain, made.id, tmp_path / "found", objects=("report*.pdf", "a-b"))
    assert entry.state == "done"
    assert {path.name for path in (tmp_path / "found").rglob("*") if path.is_file()} == {"report 1.pdf", "a-b"}
    large = sum(found.plain.bytes for found in full.segments if found.role is Role.DATA)
    assert entry.counter("loaded.bytes") < large


def test_a_whole_restore_of_a_later_backup_fetches_the_segments_that_its_index_wants(plain, root, tmp_path):
    (root / "z").write_bytes(os.urandom(24 << 20))
    time.sleep(TICK)
    full = back_up(plain)
    (root / "z").unlink()
    made = back_up(plain, Kind.INCREMENTAL)
    whole, child = (bring_back(plain, each.id, tmp_path / each.id) for each in (full, made))
    assert picture(tmp_path / made.id) == picture(root)
    assert whole.run.order.reads is None
    assert len(child.run.order.reads) == 1  # nothing of its own: only the folder itself changed
    assert child.counter("loaded.bytes") < whole.counter("loaded.bytes") - (12 << 20)
    assert child.counter("fetched.bytes") < whole.counter("fetched.bytes") - (12 << 20)


def test_a_restore_that_touches_nothing_before_all_is_proven_reads_each_pack_once(plain, tmp_path, monkeypatch):
    made, read, opened = back_up(plain), [], LocalStore.open
    monkeypatch.setattr(LocalStore, "open", lambda store, key: read.append(key) or opened(store, key))
    bring_back(plain, made.id, tmp_path / "out")
    packs = [segment_key("uploads", made.id, segment) for segment in made.segments if segment.role is Role.DATA]
    assert sorted(key for key in read if "pack" in key) == sorted(packs)


@pytest.fixture
def cut(plain, root):
    """A run, and its first segment: bytes that do not compress, in the spool."""
    (root / "0").write_bytes(os.urandom(6 << 20))
    run = Run(new_run_id(), "backup", "uploads", "files1", new_backup_id(Kind.FULL, datetime.now(UTC)))
    plain.ledger.open(run, "data:uploads")
    backup = Backup(plain, run.id)
    backup.begin()
    segments = backup.segments()
    yield backup, backup.checksum(next(segments)), run
    segments.close()


def test_what_does_not_compress_is_stored_as_it_is_and_a_repeated_compress_says_the_same(plain, cut):
    backup, segment, run = cut
    note = files.read_note(path := files.plain(plain.room, run.id, segment))
    files.write_note(files.stored(plain.room, run.id, segment), note)  # an earlier try was lost before the file had its name
    before = path.stat().st_ino
    first = backup.compress(segment)
    assert (first.suffix, first.stored) == ("", segment.plain)
    assert files.stored(plain.room, run.id, segment).stat().st_ino == before
    assert backup.compress(segment) == first
    assert backup.verify(backup.upload(first)).copies == ("nas",)


@pytest.mark.parametrize("noted", [True, False], ids=["by its CRC", "without its note, by its SHA-256"])
def test_a_file_that_is_stored_as_it_is_and_changed_in_the_spool_never_comes_into_a_store(plain, cut, tmp_path, noted):
    backup, segment, run = cut
    done = backup.compress(segment)
    path = files.stored(plain.room, run.id, segment)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    if not noted:
        path.with_name(f"{path.name}.note").unlink()
    with pytest.raises(Corrupt, match="is not what was recorded"):
        backup.upload(done)
    assert not [path for path in (tmp_path / "nas").rglob("*.pack") if path.is_file()]


def test_an_encrypted_backup_stores_nothing_as_it_is(encrypted, root):
    (root / "0").write_bytes(os.urandom(6 << 20))
    assert {segment.suffix for segment in back_up(encrypted).segments} == {".zst.age"}


def test_patterns_that_name_nothing_are_refused_before_anything_is_made(plain, tmp_path):
    made = back_up(plain)
    with pytest.raises(Refused, match=r"\*\.docx: nothing of that name"):
        bring_back(plain, made.id, tmp_path / "found", objects=("*.docx",))
    assert not (tmp_path / "found").exists()


def test_the_index_of_a_backup_is_brought_whole_or_not_at_all(plain, tmp_path):
    made = back_up(plain)
    with brought(plain, made) as pieces:
        assert [segment.role for segment, path in pieces if path.read_bytes()] == [Role.INDEX]
    assert list((tmp_path / "spool" / ".indexes").iterdir()) == []
    assert manifest_of(plain, made.id) == made


def test_what_a_restore_that_failed_has_built_is_cleared_but_never_what_another_builds(plain, root, tmp_path):
    made, out = back_up(plain), tmp_path / "out"
    order = Order(made.id, made.facts.place, str(out), made.facts)
    plain.source("uploads").prepare(order, index_of(plain, made))
    run = Run(new_run_id(), "restore", "uploads", "files1", made.id, order=order)
    plain.ledger.open(run, "restore:files1")
    sweep(plain, run.id)
    assert site(order).tree.exists()
    plain.ledger.close(run.id, "failed")
    sweep(plain, run.id)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".canvasback")] == []


def test_a_tree_that_is_on_its_way_into_its_place_is_never_cleared(plain, tmp_path):
    made = back_up(plain)
    order = Order(made.id, made.facts.place, str(tmp_path / "out"), made.facts)
    plain.source("uploads").prepare(order, index_of(plain, made))
    site(order).begin_moving()
    plain.source("uploads").clear(order)
    assert site(order).tree.exists()


def index_of(tools, made):
    with brought(tools, made) as pieces:
        yield from pieces
