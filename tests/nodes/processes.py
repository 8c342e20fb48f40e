"""One process where pytest-celery expects a container: the same verbs, without Docker."""

import os
import signal
from typing import Any

import psutil
from celery import Celery, __version__
from pytest_celery import CeleryTestBroker, CeleryTestContainer, CeleryTestWorker, RedisTestBackend

from compose.local.cluster import Cluster
from compose.local.redis import Redis
from workers import topology
from workers.settings import load


class Process(CeleryTestContainer):
    """What a broker's and a worker's process have in common. The plugin's own constructor would ask for Docker."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def id(self) -> str:
        return self._name

    @property
    def name(self) -> str:
        return self._name

    @property
    def pid(self) -> int | None:
        raise NotImplementedError

    @property
    def status(self) -> str:
        return "running" if self.pid else "exited"

    def reload(self) -> None:
        """Nothing is remembered."""

    def ready(self) -> bool:
        return self.status == "running"

    def teardown(self) -> None:
        """The platform is shared: whatever a test has killed runs again."""
        if self.status != "running":
            self.restart()

    def restart(self, timeout: int = 10) -> None:
        raise NotImplementedError


class RedisProcess(Process):
    """The broker and result backend of a platform."""

    def __init__(self, server: Redis) -> None:
        super().__init__("redis")
        self.server = server

    @property
    def pid(self) -> int | None:
        return self.server.pid

    @property
    def client(self) -> Any:
        return self.server.client()

    @property
    def celeryconfig(self) -> dict[str, Any]:
        url = self.server.url
        return {"url": url, "host_url": url, "hostname": "127.0.0.1", "port": self.server.port, "vhost": "0"}

    def kill(self, signal: str | int = "SIGKILL") -> None:
        self.server.kill() if signal == "SIGKILL" else os.kill(self.server.pid or 0, number(signal))

    def restart(self, timeout: int = 10) -> None:
        self.server.stop()
        self.server.start()

    def logs(self) -> str:
        return self.server.log.read_text(errors="replace")


class WorkerProcess(Process):
    """One node of a platform's cluster: a worker with its pool."""

    def __init__(self, cluster: Cluster, node: topology.Node) -> None:
        super().__init__(node.name)
        self.cluster, self.node = cluster, node

    @property
    def pid(self) -> int | None:
        child = self.cluster.children.get(self.name)
        return child.pid if child and psutil.pid_exists(child.pid) else None

    @property
    def celeryconfig(self) -> dict[str, Any]:
        return {}

    def kill(self, signal: str | int = "SIGKILL") -> None:
        self.cluster.kill(self.name) if signal == "SIGKILL" else os.kill(self.pid or 0, number(signal))

    def restart(self, timeout: int = 10) -> None:
        if self.pid:
            self.cluster.kill(self.name)
        self.cluster.start(self.name)

    def logs(self) -> str:
        return self.cluster.log(self.name).read_text(errors="replace")

    def worker_name(self) -> str:
        return self.name

    def worker_queue(self) -> str:
        return self.node.queue

    def log_level(self) -> str:
        return "INFO"

    def version(self) -> str:
        return str(__version__)


class WorkerNode(CeleryTestWorker):
    """A worker of one host."""

    container: WorkerProcess

    def hostname(self) -> str:
        return self.container.name

    def get_running_processes_info(self, columns: list[str] | None = None, filters: dict[str, str] | None = None) -> list[dict[str, Any]]:
        main = psutil.Process(self.container.pid)
        found = [process.as_dict(columns) for process in (main, *main.children(recursive=True))]
        return [row for row in found if all(row.get(key) == value for key, value in (filters or {}).items())]


def number(name: str | int) -> int:
    """The number of a signal that is given by its name."""
    return name if isinstance(name, int) else signal.Signals[name].value


def workers(cluster: Cluster, settings: Any, app: Celery) -> list[WorkerNode]:
    """A node for each worker that the settings ask for."""
    return [WorkerNode(WorkerProcess(cluster, node), app) for node in topology.nodes(load(settings))]


def broker(server: Redis) -> CeleryTestBroker:
    """The node of the broker."""
    return CeleryTestBroker(RedisProcess(server))


def backend(server: Redis) -> RedisTestBackend:
    """The node of the result backend: the same server."""
    return RedisTestBackend(RedisProcess(server))
