"""A restore into a live server, without a stop."""

import threading
from contextlib import suppress
from time import monotonic

import pytest
from redis.exceptions import BusyLoadingError, ReadOnlyError

from compose.local.authority import Authority
from compose.local.redis import SecureRedis
from tests.sources.redis.conftest import secure
from tests.sources.redis.hands import bring, digest, source, take
from workers.artifact import Role
from workers.errors import Permanent, Refused
from workers.sources.redis import promote


def over(server, tmp_path):
    """A backup, and an order to bring it back over what the server holds by then."""
    taken = take(server.server(), tmp_path)
    return taken, taken.order("redis", confirm="sessions")


def test_what_was_deleted_and_changed_is_as_it_was(full, tmp_path):
    client, before = full.client(), digest(full.client())
    taken, order = over(full, tmp_path)
    client.flushall()
    client.set("later", 1)
    bring(full.server(), taken, order)
    assert digest(client) == before
    assert client.info("replication")["role"] == "master"


def test_the_server_is_told_nothing_that_stays(full, tmp_path):
    client = full.client()
    names = ("masterauth", "masteruser", "replica-read-only")
    before = client.config_get(*names)
    bring(full.server(), *over(full, tmp_path))
    assert client.config_get(*names) == before


def test_a_masterauth_that_was_there_is_used_and_stays(full, tmp_path):
    client = full.client()
    client.config_set("masterauth", 'a "word" of its own')
    client.config_set("masteruser", "follower")
    bring(full.server(), *over(full, tmp_path))
    assert client.config_get("masterauth")["masterauth"] == 'a "word" of its own'


@pytest.mark.parametrize("appendonly", ["yes", "no"])
def test_what_was_restored_survives_a_power_cut(redis7, tmp_path, appendonly):
    server = redis7(appendonly=appendonly, save="3600 1").fill()
    before = digest(server.client())
    taken, order = over(server, tmp_path)
    server.client().flushall()
    bring(server.server(), taken, order)
    server.kill()
    server.start()
    assert digest(server.client()) == before


def test_a_server_that_keeps_nothing_on_disk_is_told(redis7, tmp_path):
    server = redis7(save="").fill()
    outcome = bring(server.server(), *over(server, tmp_path))
    assert any("keeps nothing on disk" in warning for warning in outcome.warnings)


def test_a_scratch_server_that_ends_leaves_a_master(full, tmp_path, monkeypatch):
    taken, order = over(full, tmp_path)
    monkeypatch.setattr(promote, "_offset", lambda master: master.process.kill() or -1)
    with pytest.raises(Permanent, match="scratch server ended"):
        bring(full.server(), taken, order)
    said = full.client().info("replication")
    assert said["role"] == "master"
    assert full.client().config_get("masterauth")["masterauth"] == ""


def test_a_restore_whose_process_was_lost_is_finished_by_its_second_try(full, tmp_path):
    taken, order = over(full, tmp_path)
    before = digest(full.client())
    made = source(full.server())
    made.prepare(order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        made.load(order, *piece)
    full.client().config_set("masterauth", promote.OURS + "left")
    full.client().execute_command("REPLICAOF", "127.0.0.1", "1")  # as a process leaves it that is killed in the middle
    made.finish(order, taken.of(Role.SCHEMA, Role.POST_DATA))
    assert digest(full.client()) == before
    assert full.client().config_get("masterauth")["masterauth"] == ""


def test_a_copy_that_does_not_move_is_given_up(full, tmp_path, monkeypatch):
    taken, order = over(full, tmp_path)
    monkeypatch.setattr(promote, "STALL", 0.5)
    monkeypatch.setattr(promote, "_offset", lambda _master: -1)
    start = monotonic()
    with pytest.raises(Permanent, match="did not come in step"):
        bring(full.server(), taken, order)
    assert monotonic() - start < 20


def test_clients_read_and_cannot_write_meanwhile_and_nothing_they_write_spoils_the_count(full, tmp_path):
    taken, order = over(full, tmp_path)
    done, refused, read = threading.Event(), [], []

    def client() -> None:
        mine = full.client()
        while not done.is_set():
            try:
                mine.incr("written")
            except ReadOnlyError:
                refused.append(1)
                with suppress(BusyLoadingError):
                    read.append(mine.exists("text:1"))
            except BusyLoadingError:
                pass

    thread = threading.Thread(target=client)
    thread.start()
    try:
        outcome = bring(full.server(), taken, order)
    finally:
        done.set()
        thread.join()
    assert refused
    assert all(read)
    assert {count.name: count.rows for count in outcome.counts} == {count.name: count.rows for count in taken.facts.counts}


def test_tls_only_replication_is_refused_with_the_way_out(tmp_path):
    authority = Authority(tmp_path / "authority")
    with SecureRedis(tmp_path / "r", authority) as server:
        server.client().config_set("tls-replication", "yes")
        with pytest.raises(Refused, match="tls-replication no"):
            promote.wish(secure(server, authority), tmp_path, 16)
