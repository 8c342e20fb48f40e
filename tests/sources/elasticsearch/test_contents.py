"""The files that a snapshot needs are all found, and what is missing or changed is named, on a repository that a real cluster wrote."""

import json
import re
import shutil
import zlib
from itertools import cycle, repeat

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


def test_a_blob_in_parts_is_found_in_order_and_missed_where_one_is_gone(at, plain):
    at.fill("posts", 300)
    settings = {"location": str(at.options.snapshots), "chunk_size": "1kb"}
    at.client.snapshot.create_repository(name=at.word, repository={"type": "fs", "settings": settings})
    snapshot = dict(take(at.source(), plain).facts.extras)["snapshot"]
    files = max((blob.files for blob in contents(at.options.snapshots, snapshot).blobs), key=len)
    assert len(files) > 10  # so that `part10` is not behind `part1`
    assert files == tuple(f"{files[0].removesuffix('.part0')}.part{number}" for number in range(len(files)))
    proven(at.options.snapshots, [files])
    (at.options.snapshots / files[-1]).unlink()
    with pytest.raises(Permanent, match=f"{files[-1]} is missing from the repository"):
        contents(at.options.snapshots, snapshot)


def test_a_blob_that_is_not_as_long_as_it_was_written_is_named(made):
    folder, snapshot = made
    (name,) = contents(folder, snapshot).blobs[0].files
    with (folder / name).open("ab") as blob:
        blob.write(b"more")
    with pytest.raises(Corrupt, match=f"{name} is damaged: it has .* bytes"):
        contents(folder, snapshot)


def shard(folder):
    """The table of a shard that has blobs, files kept inside it among them."""
    return next(path for path in sorted(folder.glob("indices/*/0/snap-*.dat")) if b"v__" in module._body(path))


def rewritten(table, change):
    """Other words in a table, with the CRC that they would have."""
    data, body = table.read_bytes(), change(module._body(table))
    whole = data[: 4 + 1 + data[4] + 4] + body + data[-16:-8]
    table.write_bytes(whole + zlib.crc32(whole).to_bytes(8, "big"))


def inside(names):
    """A change that gives what is kept inside a table these names, one after the other."""
    return lambda body: re.sub(rb"v__[\w-]{22}", lambda _: next(names), body)


def test_a_name_by_chance_inside_another_is_that_of_no_file(made):
    """The random part of a name may hold what begins a name: one in some ten thousand does, and a backup was refused for it."""
    folder, snapshot = made
    before = contents(folder, snapshot)
    names = (b"v__" + (b"x" * at + b"T__" + b"y" * 19)[:22] for at in cycle(range(4)))
    rewritten(shard(folder), inside(names))
    assert contents(folder, snapshot) == before


@pytest.mark.parametrize("name", ["__../../../../../secret", "/etc/passwd/1234567890123"])
def test_a_name_that_leads_out_of_its_shard_is_no_file_of_it(made, name):
    folder, snapshot = made
    table = shard(folder)
    rewritten(table, inside(repeat(f"{name:25}".encode())))
    with pytest.raises(Corrupt, match=f"{table.name} cannot be read, although its CRC is right: .* is no name of a blob"):
        contents(folder, snapshot)


def test_a_table_in_other_words_is_told_and_not_guessed_at(made):
    folder, snapshot = made
    table = shard(folder)
    rewritten(table, lambda body: body.replace(b"\x84files\xf8", b"\x84filez\xf8"))
    with pytest.raises(Corrupt, match=f"{table.name} cannot be read"):
        contents(folder, snapshot)


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
