"""The files that a snapshot needs are all found, and what is missing or changed is named, on a repository that a real cluster wrote."""

import json
import shutil

import pytest

from tests.sources.elasticsearch.hands import site, take
from workers.errors import Corrupt, Permanent
from workers.sources.elasticsearch import contents as module
from workers.sources.elasticsearch.contents import contents, proven


@pytest.fixture(scope="module")
def written(elasticsearch, tmp_path_factory):
    """A repository, its snapshot, and the name of its smaller index."""
    plain, kept = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("kept")
    with site(elasticsearch) as at:
        at.fill("posts", 50, settings={"number_of_shards": 2})
        at.fill("users", 5)
        taken = take(at.source(), plain)
        shutil.copytree(at.options.snapshots, kept / "copy")
        return kept / "copy", dict(taken.facts.extras)["snapshot"], at.name("users")


@pytest.fixture
def made(written, tmp_path):
    """A copy of the repository, and the snapshot in it."""
    folder, snapshot, _ = written
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy", snapshot


def test_every_file_of_a_repository_with_one_snapshot_is_needed_and_proven(made):
    folder, snapshot = made
    found = contents(folder, snapshot)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(found.files) == there
    assert len(found.files) == len(set(found.files))
    proven(folder, [blob.files for blob in found.blobs])


def test_every_file_that_is_missing_is_named(made):
    folder, snapshot = made
    for name in contents(folder, snapshot).files:
        if name != "index-0":
            (folder / name).rename(folder / "away")
            with pytest.raises(Permanent, match="is missing from the repository") as caught:
                contents(folder, snapshot)
            assert name in caught.value.reason
            (folder / "away").rename(folder / name)


def test_a_changed_byte_of_every_file_is_found(made):
    folder, snapshot = made
    for blob in contents(folder, snapshot).blobs:
        (name,) = blob.files
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        with pytest.raises(Corrupt, match=r"is damaged"):
            proven(folder, [blob.files])
        (folder / name).write_bytes(data)


def test_what_a_stranger_puts_there_is_none_of_its_business(made):
    folder, snapshot = made
    before = contents(folder, snapshot)
    (folder / "indices" / "note.txt").write_text("hello")
    (folder / "index-note").write_text("hello")
    assert contents(folder, snapshot) == before


def test_only_the_blobs_of_the_indices_that_are_asked_for(made, written):
    (folder, snapshot), users = made, written[2]
    some = contents(folder, snapshot, frozenset({users}))
    assert {blob.index for blob in some.blobs} == {users}
    assert some.tables == contents(folder, snapshot).tables


def test_a_blob_in_parts_is_found_in_order(made):
    folder, snapshot = made
    (name,) = contents(folder, snapshot).blobs[0].files
    data = (folder / name).read_bytes()
    for number in range(11):
        (folder / f"{name}.part{number}").write_bytes(data[number * 40 : (number + 1) * 40 if number < 10 else None])
    (folder / name).unlink()
    files = contents(folder, snapshot).blobs[0].files
    assert files == tuple(f"{name}.part{number}" for number in range(11))
    proven(folder, [files])


def test_a_snapshot_that_is_not_there_and_a_folder_that_is_none_are_named(made, tmp_path):
    folder, _ = made
    with pytest.raises(Permanent, match="does not list snapshot another"):
        contents(folder, "another")
    with pytest.raises(Permanent, match="must be shared"):
        contents(tmp_path / "nowhere", "another")
    with pytest.raises(Permanent, match="holds no index-N"):
        contents(tmp_path, "another")


def test_a_table_that_is_damaged_is_named(made):
    folder, snapshot = made
    (folder / "index-0").write_text((folder / "index-0").read_text()[:-9])
    with pytest.raises(Corrupt, match="index-0 is damaged: not JSON"):
        contents(folder, snapshot)


def test_tables_are_read_inflated_or_plain(made, monkeypatch):
    folder, _ = made
    names = json.loads((folder / "index-0").read_text())["indices"]
    snap = next(path for path in folder.glob(f"indices/{next(iter(names.values()))['id']}/0/snap-*.dat"))
    body = module._body(snap)
    assert body.startswith(b":)\n")  # SMILE
    data = snap.read_bytes()
    head = data[: 4 + 1 + data[4] + 4]
    monkeypatch.setattr(module.Footer, "judge", lambda self: None)
    snap.write_bytes(head + body + data[-16:])
    assert module._body(snap) == body
