"""Workers as the topology prints them: all of them or none, and nothing left when they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.cluster import Cluster
from compose.local.mariadb import MariaDB
from compose.local.platform import platform
from compose.local.server import WillNotStart
from tests.system.processes import Processes

CONTROL = "control@control"
PARENT = """
import sys, time
from pathlib import Path
from compose.local.cluster import Cluster

Cluster(Path(sys.argv[1]), Path(sys.argv[2]), detached=sys.argv[3] == "detached").start("beat")
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def cluster(folder: Path, mariadb: MariaDB) -> Iterator[Cluster]:
    """Workers whose broker runs; none was started."""
    here = platform(folder / "platform", mariadb)
    with here.redis:
        here.write_settings()
        here.make_store()
        yield here.cluster
        here.cluster.stop()


def left(cluster: Cluster, seconds: float = 5) -> list[int]:
    """The processes of a cluster that are still there after some seconds."""
    processes, end = Processes(Path(cluster.environment["CANVASBACK_CONFIG"])), time.monotonic() + seconds
    while processes.pids() and time.monotonic() < end:
        time.sleep(0.05)
    return processes.pids()


def test_it_runs_what_the_topology_prints(cluster: Cluster) -> None:
    commands = cluster.commands()
    assert [*commands] == ["source@db1", "segments@db1", "restore@db1", CONTROL, "beat"]
    assert commands[CONTROL][:4] == ["celery", "-A", "workers", "worker"]
    assert cluster.children == {}


def test_it_asks_the_topology_again_when_the_settings_have_changed(cluster: Cluster) -> None:
    settings = Path(cluster.environment["CANVASBACK_CONFIG"])
    first = cluster.commands()
    assert cluster.commands() == first
    settings.write_text(settings.read_text() + '[hosts.db2]\nrole = "database"\n')
    assert {name for name in cluster.commands() if name not in first} == {"source@db2", "segments@db2", "restore@db2"}


def test_all_of_it_is_ready_and_nothing_is_left_after_it(cluster: Cluster) -> None:
    with cluster:
        assert all(" ready." in cluster.log(name).read_text() for name in cluster.children if name != "beat")
        assert len(left(cluster, 0)) > len(cluster.children) == 5
    assert (left(cluster), cluster.children) == ([], {})


def test_refused_settings_are_told_in_the_topologys_own_words(cluster: Cluster) -> None:
    Path(cluster.environment["CANVASBACK_CONFIG"]).write_text("colour = 1")
    with pytest.raises(WillNotStart, match=r"no worker was started: (.|\n)*colour"):
        cluster.start()
    assert cluster.children == {}


class Broken(Cluster):
    """A cluster one of whose nodes cannot start."""

    def commands(self) -> dict[str, list[str]]:
        return {CONTROL: super().commands()[CONTROL], "broken@db1": ["celery", "-A", "nowhere", "worker"]}


def test_a_worker_that_cannot_start_shows_the_end_of_its_log_and_takes_the_others_down(cluster: Cluster) -> None:
    broken = Broken(Path(cluster.environment["CANVASBACK_CONFIG"]), cluster.folder)
    with pytest.raises(WillNotStart, match=r"broken@db1 ended; its log .*broken@db1\.log ends with:\n(.|\n)*nowhere"), broken:
        pass
    assert left(cluster) == []


def test_a_worker_that_does_not_become_ready_is_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compose.local.cluster.PATIENCE", 0.2)
    with pytest.raises(WillNotStart, match="control@control was not ready within 0 s"):
        cluster.start(CONTROL)


def test_a_killed_worker_is_gone_with_its_pool_and_can_be_started_again(cluster: Cluster) -> None:
    cluster.start(CONTROL)
    assert len(left(cluster, 0)) > 1
    cluster.kill(CONTROL)
    assert left(cluster) == []
    cluster.start(CONTROL)
    assert cluster.children[CONTROL].poll() is None


def test_what_a_dead_node_left_behind_ends_with_the_others(cluster: Cluster, folder: Path) -> None:
    (folder / "careless.py").write_text("import subprocess\nsubprocess.run(['sleep', '60'])")
    cluster.environment["PYTHONPATH"] = str(folder)
    cluster.folder.mkdir()
    cluster.spawn("careless", ["careless"])
    while len(left(cluster, 0)) < 2:
        assert cluster.children["careless"].poll() is None
    os.kill(cluster.children["careless"].pid, signal.SIGKILL)
    cluster.stop()
    assert left(cluster) == []


def test_a_node_that_does_not_want_to_end_is_killed(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.start("beat")
    os.kill(cluster.children["beat"].pid, signal.SIGSTOP)
    monkeypatch.setattr("compose.local.cluster.GRACE", 0.3)
    cluster.stop()
    assert left(cluster) == []


@pytest.mark.parametrize(("how", "remains"), [("attached", 0), ("detached", 1)])
def test_only_detached_nodes_outlive_who_started_them(cluster: Cluster, how: str, remains: int) -> None:
    settings = cluster.environment["CANVASBACK_CONFIG"]
    argv = [sys.executable, "-c", PARENT, settings, str(cluster.folder), how]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "up\n"
        parent.kill()
    try:
        assert len(left(cluster, 2)) == remains
    finally:
        for pid in left(cluster, 0):
            os.kill(pid, signal.SIGKILL)
