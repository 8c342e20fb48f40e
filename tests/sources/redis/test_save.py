"""BGSAVE, watched to its end."""

import os
import shutil
import subprocess
import threading
from time import sleep

import pytest

from tests.sources.redis.conftest import Redis7
from tests.sources.redis.hands import take
from workers.errors import Permanent
from workers.sources.redis import save


def many(server, count: int = 20_000) -> None:
    server.client().execute_command("DEBUG", "POPULATE", str(count), "k", "20")


def kept(server, tmp_path) -> int:
    return sum(count.rows for count in take(server.server(method="bgsave"), tmp_path).facts.counts)


def test_a_save_is_made_and_read(full, tmp_path):
    before = full.client().lastsave()
    assert kept(full, tmp_path) == sum(value["keys"] for value in full.client().info("keyspace").values())
    assert full.client().lastsave() > before


def test_a_save_that_runs_already_is_taken_and_costs_no_second_fork(redis7, tmp_path):
    server = redis7(rdb_key_save_delay="50")
    many(server)
    sleep(1.1)  # LASTSAVE counts seconds
    server.client().bgsave()
    assert kept(server, tmp_path) == 20_000
    assert server.client().info("stats")["total_forks"] == 1


def test_a_copy_for_a_replica_is_no_save_and_is_only_waited_for(redis7, tmp_path):
    server, other = redis7(rdb_key_save_delay="50"), redis7()
    many(server)
    other.client().config_set("masterauth", server.password)
    other.client().execute_command("REPLICAOF", "127.0.0.1", server.port)
    while not server.client().info("persistence")["rdb_bgsave_in_progress"]:
        sleep(0.02)
    assert kept(server, tmp_path) == 20_000
    assert server.client().info("stats")["total_forks"] == 2


def test_a_folder_that_takes_no_file_fails_with_what_follows_from_it(redis7, tmp_path):
    (folder := tmp_path / "gone").mkdir()
    server = redis7(save="3600 1", dir=str(folder)).fill()
    shutil.rmtree(folder)
    with pytest.raises(Permanent, match=r"rdb_last_bgsave_status is err.*full or closed.*REFUSES WRITES"):
        kept(server, tmp_path)
    server.kill()  # it would not stop without a save


class Poor(Redis7):
    """A server that is not root, so that the kernel may refuse to fork it."""

    OWN = ("setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")

    def argv(self) -> list[str]:
        return [*([*self.OWN, "--pdeathsig=KILL"] if os.geteuid() == 0 else []), *super().argv()]

    def limit(self) -> None:
        """From now on it may start no process; whoever has its user may say so."""
        own = self.OWN if os.geteuid() == 0 else ()
        subprocess.run([*own, "prlimit", f"--pid={self.pid}", "--nproc=1:1"], check=True)


def test_a_fork_that_the_kernel_refuses_fails_with_what_follows_from_it(tmp_path):
    server = Poor(tmp_path / "poor", save="3600 1")
    try:
        server.start().fill()
        server.limit()
        with pytest.raises(Permanent, match=r"could not save \(.*no memory to fork.*REFUSES WRITES"):
            kept(server, tmp_path)
    finally:
        server.kill()  # it would not stop without a save
    assert "Can't save in background: fork: " in server.log.read_text()


def test_a_server_that_ends_in_the_middle_is_no_backup(redis7, tmp_path):
    server = redis7(rdb_key_save_delay="200")
    many(server)
    threading.Timer(1.5, server.kill).start()
    with pytest.raises(Permanent, match="ended in the middle of its save"):
        kept(server, tmp_path)


def test_a_server_that_was_restarted_in_the_middle_is_no_backup(redis7, tmp_path):
    server = redis7(rdb_key_save_delay="200", appendonly="yes")
    many(server)

    def restart() -> None:
        server.kill()
        server.start()

    timer = threading.Timer(1.5, restart)
    timer.start()
    with pytest.raises(Permanent, match=r"(restarted|ended) in the middle of its save"):
        kept(server, tmp_path)
    timer.join()


def test_a_file_on_another_machine_is_told_with_the_way_that_works(full, tmp_path, monkeypatch):
    monkeypatch.setattr(save, "_path", lambda _client: tmp_path / "theirs" / "dump.rdb")
    with pytest.raises(Permanent, match='method = "stream"'):
        kept(full, tmp_path)
