"""Keys are counted as the server counts them, however the stream is cut, and what is unknown ends the count and nothing else."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.redis.conftest import fill
from workers.sources.redis.rdb.walk import Walk

TAIL = b"\xff" + bytes(8)


def text(word: bytes) -> bytes:
    return bytes([len(word)]) + word


def walked(data: bytes, size: int = 1 << 20) -> Walk:
    walk = Walk()
    for start in range(0, len(data), size):
        walk.feed(data[start : start + size])
    walk.close()
    return walk


@pytest.fixture
def body(full) -> bytes:
    """What lies behind the head of an RDB with keys of every type."""
    client = full.client()
    client.rpush("long", *[b"x" * 30_000 for _ in range(20)])
    client.set("longer", b"y" * 3_000_000)
    client.execute_command("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 1 end)")
    client.config_set("rdbcompression", "no")
    client.save()
    data = (full.folder / "dump.rdb").read_bytes()
    return data[data.index(b"\xfe\x00") if b"\xf5" not in data[:400] else data.index(b"\xf5") :]


@pytest.mark.parametrize("size", [1 << 20, 1000, 37])
def test_every_type_is_stepped_over_however_the_stream_is_cut(full, body, size):
    walk = walked(body, size)
    said = full.client().info("keyspace")
    assert walk.lost == ""
    assert walk.ended == len(body) - 8
    assert [(found.database, found.keys, found.expiring) for found in walk.databases] == [
        (number, said[f"db{number}"]["keys"], said[f"db{number}"]["expires"]) for number in (0, 3)
    ]
    assert len(walk.functions) == 1


def test_old_forms_that_redis_makes_of_large_collections_are_stepped_over(redis7):
    server = redis7(hash_max_listpack_entries="0", zset_max_listpack_entries="0", set_max_intset_entries="0", list_max_listpack_size="1")
    fill(server.client())
    server.client().save()
    data = (server.folder / "dump.rdb").read_bytes()
    walk = walked(data[data.index(b"\xfe\x00\xfb") :])
    assert (walk.lost, walk.databases[0].keys) == ("", server.client().dbsize())


def plain(number: int) -> bytes:
    return b"\x00" + text(b"k%d" % number) + text(b"v")


def old() -> Iterator[tuple[str, bytes]]:
    """Values as the documentation of the format has them, of servers that the tests do not run."""
    stamp = struct.pack("<q", 1_800_000_000_000)
    fields = b"\x02" + b"\x00" + text(b"f") + text(b"v") + b"\x41\x00" + text(b"g") + text(b"w")
    items = b"\x02\x05" + b"\x01\x07" + b"\x03" + bytes(4) + b"\x04" + bytes(8) + b"\x05" + text(b"s") + b"\x00"
    yield "scores as text", b"\x03" + text(b"z") + b"\x03" + text(b"a") + b"\x031.5" + text(b"b") + b"\xfe" + text(b"c") + b"\xfd"
    yield "a list of ziplists", b"\x0e" + text(b"l") + b"\x02" + text(b"zip") + text(b"list")
    yield "a zipmap", b"\x09" + text(b"h") + text(b"map")
    yield "a hash whose fields expire", b"\x18" + text(b"h") + stamp + fields
    yield "a small hash whose fields expire", b"\x19" + text(b"h") + stamp + text(b"packed")
    yield "a module's value", b"\x07" + text(b"m") + b"\x81" + bytes(8) + items


@pytest.mark.parametrize(("what", "value"), [pytest.param(*case, id=case[0]) for case in old()])
def test_a_value_of_another_version_is_stepped_over(what, value):
    data = b"\xfe\x00" + value + b"\xfd" + bytes(4) + plain(1) + TAIL
    for size in (1000, 1):
        walk = walked(data, size)
        assert (walk.lost, walk.databases[0].keys, walk.databases[0].expiring) == ("", 2, 1), what


def test_what_stands_between_keys_is_no_key():
    slots, module = b"\xf4\x01\x02\x03", b"\xf7\x81" + bytes(8) + b"\x02\x01\x05" + text(b"aux") + b"\x00"
    data = b"\xfe\x02\xfb\x01\x00" + module + slots + b"\xf8\x05\xf9\x07\xfa" + text(b"a") + text(b"b") + plain(1) + TAIL
    [found] = walked(data).databases
    assert (found.database, found.keys, found.announced) == (2, 1, (1, 0))


@pytest.mark.parametrize(("odd", "words"), [(b"\x63", "unknown type 99"), (b"\xf3", "unknown mark 0xf3"), (b"\x16", "unknown type 22")])
def test_what_is_unknown_is_named_with_its_place(odd, words):
    walk = walked(b"\xfe\x00" + plain(1) + odd + text(b"k") + text(b"v") + TAIL)
    assert walk.lost.startswith(words)
    assert "bytes behind the head" in walk.lost


def test_an_end_that_never_comes_is_told():
    assert walked(b"\xfe\x00" + plain(1)[:-1]).lost


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.tuples(st.binary(max_size=40), st.integers(0, 20_000)), max_size=20), st.integers(40, 5000))
def test_strings_of_any_length_are_stepped_over(values, size):
    data = b"\xfe\x00"
    for key, size_of_value in values:
        data += b"\x00" + text(key) + length(size_of_value) + bytes(size_of_value)
    walk = walked(data + TAIL, size)
    assert (walk.lost, sum(found.keys for found in walk.databases), walk.ended) == ("", len(values), len(data) + 1)


def length(value: int) -> bytes:
    """In 6, 14 or 32 bits, the least that do."""
    if value < 64:
        return bytes([value])
    return struct.pack(">H", value | 0x4000) if value < 1 << 14 else b"\x80" + struct.pack(">I", value)
