"""The append-only files of Redis 7: taken up to the last write without a fork, and brought back like any other backup."""

import pytest

from tests.sources.redis.hands import bring, digest, take
from workers.errors import Corrupt, Refused


@pytest.fixture
def server(redis7):
    return redis7(appendonly="yes", appendfsync="always").fill()


def test_the_last_write_is_in_it_and_no_fork_was_made(server, tmp_path):
    server.client().set("last", 1)
    before, forks = digest(server.client()), server.client().info("stats")["total_forks"]
    taken = take(server.server(method="aof"), tmp_path)
    assert server.client().info("stats")["total_forks"] == forks
    server.client().flushall()
    bring(server.server(method="aof"), taken, taken.order("redis", confirm="sessions"))
    assert digest(server.client()) == before


def test_a_rewrite_that_runs_is_waited_for_and_the_next_is_not_held_off(server, tmp_path):
    held = server.client().config_get("auto-aof-rewrite-percentage")
    server.client().bgrewriteaof()
    taken = take(server.server(method="aof"), tmp_path)
    assert any(segment.name.endswith("base.rdb") for segment, _ in taken.pieces)
    assert server.client().config_get("auto-aof-rewrite-percentage") == held


def test_nothing_is_left_in_the_servers_folder(server, tmp_path):
    take(server.server(method="aof"), tmp_path)
    assert not list(server.folder.glob("canvasback-*"))


def test_what_is_written_meanwhile_is_not_in_it(server, tmp_path):
    from workers.sources.redis.aof import open_aof

    before = digest(server.client())
    with open_aof(server.server(method="aof")) as dump:
        server.client().set("later", "x" * 1000)
        data = {part.name: b"".join(block.data for block in part.blocks) for part in dump.parts()}
    assert not any(b"later" in text for text in data.values())
    assert digest(server.client()) != before


def test_a_command_that_is_cut_at_the_end_is_left_out(server, tmp_path):
    server.client().set("whole", 1)
    server.client().set("cut", 1)
    taken = take(server.server(method="aof"), tmp_path)
    last = taken.pieces[-1][1]
    last.write_bytes(last.read_bytes()[:-3])
    bring(server.server(method="aof"), taken, taken.order("redis", confirm="sessions"))
    assert (server.client().exists("whole"), server.client().exists("cut")) == (1, 0)


def test_damage_within_is_found_before_live_data_are_touched(server, tmp_path):
    server.client().bgrewriteaof()
    taken = take(server.server(method="aof"), tmp_path)
    base = next(path for segment, path in taken.pieces if segment.name.endswith("base.rdb"))
    data = bytearray(base.read_bytes())
    data[len(data) // 2] ^= 1
    base.write_bytes(data)
    before = digest(server.client())
    with pytest.raises(Corrupt, match="could not load"):
        bring(server.server(method="aof"), taken, taken.order("redis", confirm="sessions"))
    assert digest(server.client()) == before


def test_a_server_without_them_is_refused_with_the_ways_that_work(redis7, tmp_path):
    with pytest.raises(Refused, match="switch them on, or take another `method`"):
        take(redis7(appendonly="no").server(method="aof"), tmp_path)
