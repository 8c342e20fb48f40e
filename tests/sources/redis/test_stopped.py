"""A restore of a server that is stopped for it: files aside, files in, start, count; and back again where that fails."""

import os
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
from redis.exceptions import RedisError

from tests.sources.redis.hands import bring, digest, source, take
from workers import command
from workers.artifact import Count, Role
from workers.errors import Permanent, Refused
from workers.sources.redis import place, stopped

# Starts and stops as an init system would: the server outlives the command.
START = """
import subprocess, sys
subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
"""
STOP = "import os, signal, sys; os.kill(int(open(sys.argv[1]).read()), signal.SIGTERM)"


@pytest.fixture
def site(redis7):
    """A server with keys. What a test's `start` started is no child of the test, so it is ended by its pid file."""
    servers = []

    def make(**changes):
        servers.append(redis7(**changes).fill())
        return servers[-1]

    yield make
    for server in servers:
        cut(server)


def cut(server) -> None:
    """A power cut, whoever started the server."""
    pid = int(server.pidfile.read_text()) if server.pidfile.exists() else 0
    with suppress(FileNotFoundError, ProcessLookupError):
        while pid and str(server.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            sleep(0.02)


def options(server, **changes):
    run = {
        "restore": "files",
        "folder": server.folder,
        "stop": [sys.executable, "-c", STOP, str(server.pidfile)],
        "start": [sys.executable, "-c", START, server.program(), str(server.folder / "redis.conf")],
    }
    return server.server(**(run | changes))


def over(server, tmp_path):
    (folder := tmp_path / "taken").mkdir()
    taken = take(server.server(), folder)
    return taken, taken.order("redis", confirm="sessions")


@pytest.mark.parametrize("appendonly", ["yes", "no"])
def test_the_server_comes_up_with_the_backup_and_its_old_files_are_kept(site, tmp_path, appendonly):
    server = site(appendonly=appendonly, save="3600 1")
    before = digest(server.client())
    taken, order = over(server, tmp_path)
    server.client().flushall()
    server.client().set("later", 1)
    outcome = bring(options(server), taken, order)
    assert digest(server.client()) == before
    assert {count.name: count.rows for count in outcome.counts} == {count.name: count.rows for count in taken.facts.counts}
    [aside] = server.folder.glob("before-*")
    assert (aside / ("appendonlydir" if appendonly == "yes" else "dump.rdb")).exists()
    assert str(aside) in outcome.warnings[-1]


def test_an_append_only_server_keeps_the_backup_and_what_came_after_it_over_a_power_cut(site, tmp_path):
    server = site(appendonly="yes", appendfsync="always")
    taken, order = over(server, tmp_path)
    bring(options(server), taken, order)
    server.client().set("after", 1)
    before = digest(server.client())
    cut(server)
    command.run(options(server).options.start)
    while not answers(server):
        sleep(0.02)
    assert digest(server.client()) == before


def answers(server) -> bool:
    try:
        return not server.client().info("persistence")["loading"]
    except RedisError:
        return False


def test_a_server_that_is_down_with_everything_lost_comes_back(site, tmp_path):
    server = site(appendonly="yes")
    before = digest(server.client())
    taken, order = over(server, tmp_path)
    server.kill()
    shutil.rmtree(server.folder / "appendonlydir")
    order = replace(order, confirm=None)  # nothing stands there
    bring(options(server), taken, order)
    assert digest(server.client()) == before


def test_a_server_that_does_not_come_up_gets_its_old_files_again(site, tmp_path, monkeypatch):
    server = site(appendonly="no", save="3600 1")
    taken, order = over(server, tmp_path)
    server.client().set("later", 1)
    before = digest(server.client())
    monkeypatch.setattr(stopped, "_start", lambda server, known=stopped._start: replace(known(server), loaded=1))
    with pytest.raises(Permanent, match=r"did not come up with the backup: it loaded 1 keys of \d+; it runs with its old files again"):
        bring(options(server), taken, order)
    assert digest(server.client()) == before
    assert not list(server.folder.glob("before-*"))


def test_the_rdb_is_proven_before_the_server_is_stopped(site, tmp_path):
    server = site()
    taken, order = over(server, tmp_path)
    facts = replace(taken.facts, counts=(Count("db0", 1),))
    started = server.client().info("server")["run_id"]
    with pytest.raises(Permanent, match="does not load as it was dumped"):
        bring(options(server), taken, replace(order, facts=facts))
    assert server.client().info("server")["run_id"] == started


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stop": ["no-such-program"]}, "no program no-such-program"),
        ({"folder": "/nonexistent"}, "is not there, or this worker may not write"),
        ({"rdb_name": "other.rdb"}, "dbfilename of .* is dump.rdb, `rdb_name` of this target is other.rdb"),
    ],
)
def test_what_cannot_work_is_refused_while_everything_runs(site, tmp_path, changes, words):
    server = site()
    taken, order = over(server, tmp_path)
    with pytest.raises(Refused, match=words):
        source(options(server, **changes)).prepare(order, taken.of(Role.SCHEMA))


def test_a_stop_that_fails_changes_nothing(site, tmp_path):
    server = site()
    taken, order = over(server, tmp_path)
    with pytest.raises(Permanent, match=r"ended with 7: no rights"):
        bring(options(server, stop=["sh", "-c", "echo no rights >&2; exit 7"]), taken, order)
    assert not list(server.folder.glob("before-*"))


def test_redis_6_gets_its_one_append_only_file(tmp_path, full):
    (folder := tmp_path / "six").mkdir()
    (tmp_path / "dump.rdb").write_bytes(b"REDIS0009")
    made = full.server(restore="files", folder=folder, stop=["true"], start=["true"]).options
    stopped._place(made, tmp_path / "dump.rdb", (6, 2, 5))
    assert sorted(path.name for path in folder.iterdir()) == ["appendonly.aof", "dump.rdb"]


def test_a_command_that_does_not_return_is_told(site, tmp_path, monkeypatch):
    server = site()
    taken, order = over(server, tmp_path)
    monkeypatch.setattr(stopped, "PATIENCE", 0.5)
    with pytest.raises(Permanent, match="name a command that returns"):
        bring(options(server, stop=["sleep", "60"]), taken, order)


def test_a_start_that_leaves_a_child_on_its_pipes_is_not_waited_for(site, tmp_path):
    server = site()
    before = digest(server.client())
    taken, order = over(server, tmp_path)
    start = ["sh", "-c", f"{server.program()} {server.folder}/redis.conf & :"]
    bring(options(server, start=start), taken, order)
    assert digest(server.client()) == before


def test_append_only_files_are_restored_by_files_as_well(site, tmp_path):
    server = site(appendonly="yes", appendfsync="always")
    before = digest(server.client())
    taken = take(server.server(method="aof"), tmp_path)
    server.client().flushall()
    bring(options(server, method="aof"), taken, taken.order("redis", confirm="sessions"))
    assert digest(server.client()) == before


def test_files_of_a_server_that_is_down_are_kept_aside_by_the_restore_and_those_of_one_that_runs_are_not(site):
    server = site(appendonly="yes")
    server.client().set("one", 1)
    assert not place.place(options(server), "redis").aside
    server.kill()
    found = place.place(options(server), "redis")
    assert (found.exists, found.empty, bool(found.aside)) == (True, False, True)
