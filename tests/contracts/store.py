"""What every store must do. A new one inherits this class and says how a fresh, empty one is made."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from workers.artifact import Form
from workers.errors import Corrupt, Permanent
from workers.ports import Store

KEY = "community/20261122T000000Z-full-9f3a11c2/segments/000001.data.zst"
CRC = "995dc9bbdf1939fa"  # CRC-64/XZ of 123456789
OUTSIDE = ["../a", "a/../b", "/a", "a//b", "a/", "", ".", "a/.hidden", "a\0b", "a\nb", "a\\b", "a/" + "가" * 86]


def form(body: bytes) -> Form:
    return Form(len(body), hashlib.sha256(body).hexdigest())


def put(store: Store, key: str, body: bytes) -> None:
    store.put(key, body, form(body))


def read(store: Store, key: str) -> bytes:
    with store.open(key) as source:
        return source.read()


class StoreContract:
    """`fresh` is overridden as a fixture that yields an empty store."""

    @pytest.fixture
    def store(self, fresh: Store) -> Store:
        return fresh

    def keys(self, store: Store, prefix: str = "") -> list[str]:
        return [found.key for found in store.list(prefix)]

    @pytest.mark.parametrize("body", [b"", b"hello", bytes(range(256)) * 81_920], ids=["empty", "small", "20 MiB"])
    def test_what_was_put_is_read_back(self, store: Store, body: bytes) -> None:
        put(store, KEY, body)
        assert read(store, KEY) == body
        found = store.stat(KEY)
        assert found is not None
        assert (found.key, found.bytes) == (KEY, len(body))

    def test_a_file_can_be_put(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "segment"
        file.write_bytes(b"hello")
        store.put(KEY, file, form(b"hello"))
        assert read(store, KEY) == b"hello"

    def test_a_file_can_be_put_by_its_crc_and_the_form_is_the_one_that_is_there(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "segment"
        file.write_bytes(b"123456789")
        store.put(KEY, file, form(b"123456789"), CRC)
        store.put(KEY, file, form(b"123456789"), CRC)
        assert read(store, KEY) == b"123456789"
        with pytest.raises(Permanent, match=f"(?s){store.name}.*{KEY}"):
            store.put(KEY, b"12345678X", form(b"12345678X"))

    def test_a_body_that_is_not_what_its_crc_and_its_form_say_never_appears(self, store: Store) -> None:
        with pytest.raises(Corrupt, match="not what was recorded"):
            store.put(KEY, b"12345678X", form(b"123456789"), CRC)
        with pytest.raises(Corrupt, match="not what was recorded"):
            store.put(KEY, b"1234567890", form(b"123456789"), CRC)
        assert self.keys(store) == []

    def test_an_object_is_read_in_pieces(self, store: Store) -> None:
        put(store, KEY, b"hello world")
        with store.open(KEY) as source:
            assert [source.read(5), source.read(1), source.read(100), source.read(100)] == [b"hello", b" ", b"world", b""]

    def test_a_korean_key_is_kept_as_it_is(self, store: Store) -> None:
        put(store, "커뮤니티/사용자 1.zst", b"hello")
        assert self.keys(store) == ["커뮤니티/사용자 1.zst"]
        assert read(store, "커뮤니티/사용자 1.zst") == b"hello"

    def test_the_same_again_is_success(self, store: Store) -> None:
        put(store, KEY, b"hello")
        put(store, KEY, b"hello")
        assert self.keys(store) == [KEY]

    @pytest.mark.parametrize("other", [b"jello", b"hello again", b""])
    def test_other_content_is_refused_and_the_first_stays(self, store: Store, other: bytes) -> None:
        put(store, KEY, b"hello")
        with pytest.raises(Permanent, match=f"(?s){store.name}.*{KEY}"):
            put(store, KEY, other)
        assert read(store, KEY) == b"hello"

    @pytest.mark.parametrize("wrong", [form(b"jello"), Form(4, form(b"hello").sha256), form(b"")])
    def test_a_body_that_is_not_what_was_recorded_never_appears(self, store: Store, wrong: Form) -> None:
        with pytest.raises(Corrupt, match="not what was recorded"):
            store.put(KEY, b"hello", wrong)
        assert store.stat(KEY) is None
        assert self.keys(store) == []

    def test_a_missing_body_is_named_and_nothing_appears(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(Permanent, match=str(tmp_path / "gone")):
            store.put(KEY, tmp_path / "gone", form(b""))
        assert self.keys(store) == []

    def test_puts_of_one_key_at_once_store_it_once(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: put(store, KEY, b"hello" * 10_000), range(24)))
        assert [(found.key, found.bytes) for found in store.list("")] == [(KEY, 50_000)]

    def test_of_different_contents_at_once_exactly_one_wins(self, store: Store) -> None:
        def attempt(number: int) -> bool:
            try:
                put(store, KEY, b"%d" % number * 10_000)
            except Permanent:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            won = list(threads.map(attempt, range(8)))
        assert won.count(True) == 1
        assert read(store, KEY) == b"%d" % won.index(True) * 10_000

    def test_a_missing_object_is_named_with_its_store(self, store: Store) -> None:
        with pytest.raises(Permanent, match=f"{store.name} has no object {KEY}"):
            read(store, KEY)
        assert store.stat(KEY) is None

    def test_a_folder_is_no_object(self, store: Store) -> None:
        put(store, "a/b/c", b"hello")
        assert store.stat("a/b") is None
        with pytest.raises(Permanent, match="no object a/b"):
            read(store, "a/b")

    def test_objects_are_listed_in_the_order_of_their_keys(self, store: Store) -> None:
        keys = ["a-b/1", "a/1", "a/10", "a/2", "a.b", "ab", "가/1", "a/b/c", "B"]
        for key in keys:
            put(store, key, key.encode())
        assert self.keys(store) == sorted(keys)
        assert [found.bytes for found in store.list("")] == [len(key.encode()) for key in sorted(keys)]

    @pytest.mark.parametrize(
        ("prefix", "expected"), [("a/", ["a/1", "a/b/2"]), ("a", ["a/1", "a/b/2", "ab"]), ("a/b", ["a/b/2"]), ("x", [])]
    )
    def test_a_prefix_need_not_end_at_a_slash(self, store: Store, prefix: str, expected: list[str]) -> None:
        for key in ("a/1", "a/b/2", "ab", "b/a/1"):
            put(store, key, b"hello")
        assert self.keys(store, prefix) == expected

    def test_a_removed_object_is_gone_and_may_come_back_different(self, store: Store) -> None:
        put(store, KEY, b"hello")
        put(store, KEY + ".other", b"stays")
        store.remove(KEY)
        assert self.keys(store) == [KEY + ".other"]
        put(store, KEY, b"other")
        assert read(store, KEY) == b"other"

    def test_removing_what_is_not_there_does_nothing(self, store: Store) -> None:
        put(store, KEY, b"hello")
        for absent in (KEY + "x", "nowhere/at/all", KEY + "/below", "community"):
            store.remove(absent)
        assert read(store, KEY) == b"hello"

    @pytest.mark.parametrize("key", OUTSIDE)
    def test_a_key_that_could_leave_the_store_is_refused_by_every_verb(self, store: Store, key: str) -> None:
        for verb in (lambda: put(store, key, b""), lambda: read(store, key), lambda: store.stat(key), lambda: store.remove(key)):
            with pytest.raises(Permanent, match="is no key of a store"):
                verb()

    def test_sweeping_removes_no_object(self, store: Store) -> None:
        put(store, "a/1", b"hello")
        assert store.sweep(timedelta(0)) == 0
        assert [found.key for found in store.list("a/")] == ["a/1"]

    def test_room_is_known_where_the_store_says_so(self, store: Store) -> None:
        assert (store.free() is not None) == store.properties.free

    def test_the_address_of_a_folder_names_store_and_folder_and_makes_nothing(self, store: Store) -> None:
        found = store.address("repositories/home/restic")
        assert (found.store, found.fault) == (store.name, "")
        assert found.place.endswith("/repositories/home/restic")
        assert self.keys(store) == []
        assert store.address("repositories/home/restic") == found
        assert "SecretStr('**********')" in repr(found) or found.login is None

    def test_an_address_never_leaves_the_store(self, store: Store) -> None:
        with pytest.raises(Permanent, match="is no key of a store"):
            store.address("../elsewhere")
