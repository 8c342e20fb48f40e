"""Every refusal comes before anything is changed, and says what would work."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from compose.local.redis import program
from compose.local.server import free_port
from tests.sources.redis.hands import digest, source, take
from workers.artifact import Role
from workers.catalog.ledger import Ledger
from workers.errors import Refused
from workers.sources.redis import broker, place


@pytest.fixture
def taken(full, tmp_path):
    return take(full.server(), tmp_path)


def refused(full, taken, words, order=None, **changes):
    before = digest(full.client())
    with pytest.raises(Refused, match=words):
        source(full.server(**changes)).prepare(order or taken.order("redis", confirm="sessions"), taken.of(Role.SCHEMA))
    assert digest(full.client()) == before
    assert not list((full.folder / "scratch").glob("restore-*"))


@pytest.mark.parametrize(
    ("into", "kind"), [("redis", "server"), ("127.0.0.1:9", "server"), ("/run/r.sock", "server"), ("a_b.c:d", "folder")]
)
def test_a_name_means_a_server_or_a_folder(full, into, kind):
    assert getattr(place.spot(full.server(), into), kind)


@pytest.mark.parametrize("into", ["", "../etc", "a/b", ".hidden", "a b", "ä"])
def test_a_name_that_means_nothing_is_refused(full, into):
    with pytest.raises(Refused, match="is no place for Redis"):
        place.spot(full.server(), into)


def test_live_keys_ask_for_the_targets_name(full, taken):
    refused(full, taken, r"holds \d+ keys; over it: confirm with the name of the target; into a file", taken.order("redis"))


def test_confirming_speaks_of_the_targets_own_server_only(full, taken, redis7):
    other = redis7(password=full.password).fill()
    refused(full, taken, r"holds \d+ keys; into a file", taken.order(f"127.0.0.1:{other.port}", confirm="sessions"))


def test_single_keys_are_refused_with_the_way_to_them(full, taken):
    refused(full, taken, "MIGRATE or DUMP and RESTORE", taken.order("redis", confirm="sessions", objects=("db0",)))


def test_a_newer_version_is_refused_by_scratch_server_and_place(full, taken, tmp_path):
    newer = taken.order("redis", confirm="sessions", facts=replace(taken.facts, version="7.4.1"))
    refused(full, taken, r"written by redis 7.4.1, newer than .*redis-server \(7.0.15\)", newer)


def test_an_older_place_is_refused(full, taken, tmp_path):
    class Old(type(full)):
        def program(self):
            return program()

        def lines(self):
            return {key: value for key, value in super().lines().items() if key != "enable-debug-command"}

    with Old(tmp_path / "old", full.password) as old:
        refused(full, taken, "is 6.2.5 and cannot read it", taken.order(f"127.0.0.1:{old.port}"))


def test_no_server_program_no_restore(full, taken, tmp_path):
    refused(full, taken, "no redis-server in", tools=tmp_path)


def test_a_host_without_room_or_memory_is_told_the_bytes(full, taken):
    for name, words in (("rdb_bytes", "bytes free, the restore needs"), ("memory", "of memory, this host has")):
        extras = (*((key, value) for key, value in taken.facts.extras if key != name), (name, str(1 << 60)))
        refused(full, taken, words, taken.order("redis", confirm="sessions", facts=replace(taken.facts, extras=extras)))


def test_the_broker_itself_is_refused_whatever_its_address(full, taken):
    full.database(7).zadd(broker.LEDGER, {"run": 1})
    refused(full, taken, "is Canvasback's own broker")


def test_the_ledger_is_known_by_the_key_that_the_ledger_writes(full):
    assert Ledger(full.client())._prefix + "runs" == broker.LEDGER


def test_a_server_with_replicas_is_refused_unless_told(full, taken, redis7):
    other = redis7()
    other.client().config_set("masterauth", full.password)
    other.client().execute_command("REPLICAOF", "127.0.0.1", full.port)
    while other.client().info("replication")["master_link_status"] != "up":
        pass
    refused(full, taken, "has 1 replicas.*with_replicas = true")
    source(full.server(with_replicas=True)).prepare(taken.order("redis", confirm="sessions"), taken.of(Role.SCHEMA))


def test_a_replica_is_no_place(full, taken):
    full.client().execute_command("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(Refused, match=r"is a replica of 127.0.0.1:1"):
        source(full.server()).prepare(taken.order("redis", confirm="sessions"), taken.of(Role.SCHEMA))


def test_a_node_of_a_cluster_is_refused_unless_told(full, taken, redis7):
    node = redis7(password=full.password, cluster_enabled="yes", cluster_port=str(free_port()))
    refused(full, taken, "is a node of a cluster", taken.order(f"127.0.0.1:{node.port}"))


def test_a_file_that_was_restored_before_stands_in_the_way(full, taken):
    folder = full.folder / "scratch" / place.RESTORED / "old"
    folder.mkdir(parents=True)
    assert place.place(full.server(), "old").empty
    (folder / "dump.rdb").write_bytes(b"x" * 5)
    found = place.place(full.server(), "old")
    assert (found.exists, found.empty, found.bytes) == (True, False, 5)


def test_memory_is_what_the_kernel_says(full):
    assert 0 < place._idle_memory() < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert Path("/proc/meminfo").exists()
