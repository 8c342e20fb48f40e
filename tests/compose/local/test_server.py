"""One way to start, stop and ask every server: shown on Redis, because it starts in no time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.redis import Redis
from compose.local.server import WillNotStart, free_port
from workers.errors import Permanent

PARENT = """
import sys, time
from pathlib import Path
from compose.local.redis import Redis

print(Redis(Path(sys.argv[1]), detached=sys.argv[2] == "detached").start().pid, flush=True)
time.sleep(60)
"""


def runs(pid: int | None) -> bool:
    try:
        return pid is not None and ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def gone(pid: int | None) -> bool:
    """Whether a process ends within seconds."""
    end = time.monotonic() + 5
    while runs(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not runs(pid)


@pytest.fixture
def server(folder: Path) -> Iterator[Redis]:
    made = Redis(folder / "redis")
    yield made
    made.stop()


def orphan(folder: Path, how: str) -> int:
    """A server whose parent was killed; its process."""
    with subprocess.Popen([sys.executable, "-c", PARENT, str(folder), how], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    return pid


def test_a_server_starts_answers_and_leaves_nothing_running(server: Redis) -> None:
    with server:
        pid = server.pid
        assert (runs(pid), server.ready()) == (True, True)
    assert (runs(pid), server.ready(), server.pid) == (False, False, None)


def test_starting_twice_starts_once(server: Redis) -> None:
    assert server.start().pid == server.start().pid


def test_another_object_finds_the_server_by_its_folder(server: Redis) -> None:
    server.start()
    other = Redis(server.folder)
    assert (other.pid, other.port, other.ready()) == (server.pid, server.port, True)
    other.stop()
    assert server.pid is None


def test_a_server_can_be_started_again_in_its_folder_on_its_port(server: Redis) -> None:
    first = server.start().pid
    server.stop()
    with Redis(server.folder) as again:
        assert (again.port, again.pid != first) == (server.port, True)


def test_servers_run_side_by_side(server: Redis, folder: Path) -> None:
    with server, Redis(folder / "second") as second:
        assert server.port != second.port
        assert server.pid != second.pid
    assert gone(second.pid)


def test_killing_leaves_no_time_to_say_goodbye(server: Redis) -> None:
    pid = server.start().pid
    server.kill()
    assert (runs(pid), "bye bye" in server.log.read_text()) == (False, False)


def test_a_server_that_ends_shows_the_end_of_its_log(server: Redis) -> None:
    with server:
        thief = Redis(server.folder.parent / "thief", port=server.port)
        with pytest.raises(WillNotStart, match=r"redis ended; its log .*thief/log ends with:\n(.|\n)*Address already in use") as caught:
            thief.start()
    assert isinstance(caught.value, Permanent)
    assert thief.pid is None


def test_a_server_that_does_not_answer_in_time_is_ended(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "patience", 0.3)
    monkeypatch.setattr(server, "argv", lambda: ["sleep", "60"])
    with pytest.raises(WillNotStart, match=r"redis did not answer within 0 s"):
        server.start()
    assert server.pid is None


def test_a_server_that_does_not_want_to_stop_is_killed(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = server.start().pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr("compose.local.server.PATIENCE", 0.3)
    server.stop()
    assert not runs(pid)


def test_a_strangers_process_under_a_noted_number_is_left_alone(server: Redis) -> None:
    server.start()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (server.folder / "server.pid").write_text(str(stranger.pid))
        later = Redis(server.folder)
        later.stop()
        assert (later.pid, stranger.poll()) == (None, None)
        stranger.kill()


def test_a_server_dies_with_its_parent(folder: Path) -> None:
    pid = orphan(folder / "redis", "attached")
    try:
        assert gone(pid)
    finally:
        Redis(folder / "redis").stop()  # this test leaves nothing running, even where it fails


def test_a_detached_server_outlives_its_parent_and_is_stopped_by_its_folder(folder: Path) -> None:
    pid = orphan(folder / "redis", "detached")
    found = Redis(folder / "redis", detached=True)
    try:
        assert (found.pid, found.ready()) == (pid, True)
    finally:
        found.stop()
    assert gone(pid)


def test_the_folder_is_closed_to_others(server: Redis) -> None:
    server.start()
    assert server.folder.stat().st_mode & 0o777 == 0o700


def test_a_free_port_can_be_listened_on(server: Redis) -> None:
    server.port = free_port()
    assert server.start().ready()


def test_only_the_last_lines_are_shown(server: Redis) -> None:
    assert server.last_lines() == "(no log)"
    server.folder.mkdir()
    server.log.write_text("\n".join(map(str, range(40))))
    assert server.last_lines(3) == "37\n38\n39"
