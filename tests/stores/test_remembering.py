"""Manifests that a store lists as before are not fetched again, and nothing is answered that the store does not hold now."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from pydantic import SecretStr

from compose.local.s3 import BUCKET, S3
from tests.catalog.samples import FULL, later
from tests.catalog.samples import put as sealed
from tests.contracts.store import KEY, StoreContract, put, read
from workers.catalog.index import Listing, backups
from workers.catalog.manifest import manifest_key
from workers.errors import Permanent
from workers.ports import Stat, Store
from workers.stores.local import LocalStore
from workers.stores.memory import Memory
from workers.stores.options import LocalOptions, S3Options
from workers.stores.remembering import LARGEST, Reading, RememberingStore
from workers.stores.s3 import S3Store

PLACE = manifest_key(FULL.target, FULL.id)


class Versioned(LocalStore):
    """A folder that lists versions, as a bucket does, and says what was opened."""

    def __init__(self, root: Path) -> None:
        super().__init__("bucket", LocalOptions(path=root))
        self.root, self.opened = root, list[str]()
        self.initialise()

    def list(self, prefix: str) -> Iterator[Stat]:
        for found in super().list(prefix):
            yield replace(found, version=str((self.root / found.key).stat().st_mtime_ns))

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        self.opened.append(key)
        with super().open(key) as source:
            yield source


@pytest.fixture
def bucket(tmp_path: Path) -> Versioned:
    return Versioned(tmp_path / "bucket")


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "spool" / ".manifests")


def listed(bucket: Store, memory: Memory) -> Listing:
    """What another process finds, with the same memory."""
    return backups([RememberingStore(bucket, memory, pause=0.001)], "community")


class TestRememberingStore(StoreContract):
    """With a memory it is a store like any other."""

    @pytest.fixture
    def fresh(self, bucket: Versioned, memory: Memory) -> Store:
        return RememberingStore(bucket, memory)


def test_each_manifest_is_read_once_however_often_they_are_listed(bucket: Versioned, memory: Memory) -> None:
    for days in range(3):
        sealed(bucket, later(days))
    first = listed(bucket, memory)
    assert len(bucket.opened) == 3
    sealed(bucket, later(9))
    again = listed(bucket, memory)
    assert [entry.manifest for entry in again.entries] == [later(9), *(entry.manifest for entry in first.entries)]
    assert len(bucket.opened) == 4
    assert memory._path.stat().st_mode & 0o777 == 0o600


def test_what_the_store_does_not_hold_any_more_is_gone(bucket: Versioned, memory: Memory) -> None:
    sealed(bucket, FULL)
    sealed(bucket, later(1))
    listed(bucket, memory)
    bucket.remove(PLACE)
    found = listed(bucket, memory)
    assert ([entry.manifest for entry in found.entries], found.halves) == ([later(1)], (f"{FULL.target}/{FULL.id}",))
    assert memory.recall("bucket", "", {PLACE: "any"}) == {}


def test_other_content_under_the_same_key_is_read(bucket: Versioned, memory: Memory) -> None:
    sealed(bucket, FULL)
    listed(bucket, memory)
    bucket.remove(PLACE)
    sealed(bucket, other := replace(FULL, host="db2"))
    assert [entry.manifest for entry in listed(bucket, memory).entries] == [other]


def test_without_a_listing_just_before_it_is_read_from_the_store(bucket: Versioned, memory: Memory) -> None:
    put(bucket, PLACE, b"one")
    store = RememberingStore(bucket, memory)
    for _ in store.list(""):
        assert (read(store, PLACE), read(store, PLACE)) == (b"one", b"one")
    assert bucket.opened == [PLACE, PLACE]
    list(store.list(""))
    bucket.remove(PLACE)
    assert read(store, PLACE) == b"one"  # as it was when it was listed, and only once
    with pytest.raises(Permanent, match="community"):
        read(store, PLACE)


def test_what_its_reader_refuses_is_read_again(bucket: Versioned, memory: Memory) -> None:
    sealed(bucket, FULL, b"{}")
    for times in (1, 2):
        assert len(listed(bucket, memory).problems) == 1
        assert bucket.opened == [PLACE] * times


def test_a_memory_that_is_damaged_is_not_believed(bucket: Versioned, memory: Memory) -> None:
    sealed(bucket, FULL)
    listed(bucket, memory)
    with closing(sqlite3.connect(memory._path)) as file, file:
        file.execute("UPDATE objects SET body = replace(body, 'community', 'communitx')")
    assert [entry.manifest for entry in listed(bucket, memory).entries] == [FULL]
    memory._path.write_bytes(b"no database" * 1000)
    for _ in range(3):
        assert [entry.manifest for entry in listed(bucket, memory).entries] == [FULL]
    assert len(bucket.opened) == 3  # at first, for the damaged row, for what is no database; then it is known again


def test_without_a_place_for_a_memory_everything_is_read(bucket: Versioned, tmp_path: Path) -> None:
    sealed(bucket, FULL)
    (tmp_path / "file").touch()
    for _ in range(2):
        assert [entry.manifest for entry in listed(bucket, Memory(tmp_path / "file" / "spool" / "m")).entries] == [FULL]
    assert len(bucket.opened) == 2


def test_segments_and_what_is_large_are_not_kept(bucket: Versioned, memory: Memory) -> None:
    put(bucket, KEY, b"segment")
    put(bucket, PLACE, b"x" * (LARGEST + 1))
    for _ in range(2):
        store = RememberingStore(bucket, memory)
        assert {len(read(store, found.key)) for found in store.list("")} == {7, LARGEST + 1}
    assert len(bucket.opened) == 4


def test_a_folder_is_read_every_time(bucket: Versioned, memory: Memory) -> None:
    folder = LocalStore("nas", LocalOptions(path=bucket.root))
    sealed(folder, FULL)
    listed(folder, memory)
    assert not memory._path.exists()


def test_a_bucket_lists_another_version_of_what_was_put_again(s3: S3, memory: Memory) -> None:
    options = S3Options.model_validate({"bucket": BUCKET, "prefix": secrets.token_hex(8), "endpoint_url": s3.url})
    store = S3Store("bucket", options, *map(SecretStr, s3.login()))
    sealed(store, FULL)
    (before,) = (found.version for found in store.list(PLACE))
    assert len(listed(store, memory).entries) == 1
    assert memory.recall("bucket", "", {PLACE: before}).keys() == {PLACE}
    store.remove(PLACE)
    put(store, PLACE, b"{}")
    (after,) = (found.version for found in store.list(PLACE))
    assert before
    assert after not in ("", before)
    assert len(listed(store, memory).problems) == 1


def test_who_waits_hears_how_far_it_is_and_nothing_of_what_is_known(bucket: Versioned, memory: Memory) -> None:
    for days in range(5):
        sealed(bucket, later(days))
    heard = list[Reading]()
    backups([RememberingStore(bucket, memory, heard.append)], "community")
    assert heard == [Reading("bucket", number, 5) for number in range(1, 6)]
    sealed(bucket, later(9))
    backups([RememberingStore(bucket, memory, heard.append)], "community")
    assert heard[5:] == [Reading("bucket", 1, 1)]


def test_those_that_nobody_asks_for_are_neither_counted_nor_fetched(bucket: Versioned, memory: Memory) -> None:
    for days in range(5):
        sealed(bucket, later(days))
    heard = list[Reading]()
    backups([RememberingStore(bucket, memory, heard.append)], "community", later(3).id)
    assert (heard, len(bucket.opened)) == ([Reading("bucket", 1, 2), Reading("bucket", 2, 2)], 2)


def test_one_that_cannot_be_read_spoils_none_of_those_that_are_fetched_beside_it(bucket: Versioned, memory: Memory) -> None:
    for days in range(6):
        sealed(bucket, later(days), b"{}" if days == 3 else None)
    found = listed(bucket, memory)
    assert [entry.manifest for entry in found.entries] == [later(days) for days in (5, 4, 2, 1, 0)]
    assert [problem.key for problem in found.problems] == [manifest_key("community", later(3).id)]
    bucket.opened.clear()
    listed(bucket, memory)
    assert bucket.opened == [manifest_key("community", later(3).id)]
