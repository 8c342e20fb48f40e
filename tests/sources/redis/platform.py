"""A platform with one Redis as its target: broker, real workers, a store; and the orders that a person gives."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from compose.local.cluster import Cluster
from compose.local.redis import Redis
from tests.sources.redis.conftest import TOOLS, Redis7
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

PATIENCE = 120  # seconds a run may take
SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{broker}"
[hosts.db1]
role = "database"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{root}/nas"
[plans.plain]
required = ["nas"]
compress = {{ level = 3 }}
[targets.sessions]
source = "redis"
host = "db1"
plan = "plain"
[targets.sessions.redis]
host = "127.0.0.1"
port = {port}
tools = "{tools}"
scratch = "{root}/scratch"
"""


@dataclass
class Platform:
    """Its servers and workers; one for a process, whose application belongs to its settings for good."""

    root: Path
    target: Redis7
    cluster: Cluster

    def backup(self) -> str:
        """Back up, wait, and give the backup's id."""
        artifact, starts = import_module("workers.artifact"), import_module("tasks.starts")  # they read the settings when they are imported
        run = artifact.new_run_id()
        starts.start_backup.apply_async(("sessions", "full", None, run), queue="control")
        return str(self._wait(run).run.backup)

    def restore(self) -> None:
        """Bring the newest backup back over what the target holds."""
        artifact, starts, index = (import_module(name) for name in ("workers.artifact", "tasks.starts", "workers.catalog.index"))
        newest = index.backups(self.app.tools.stores_of("sessions"), "sessions").entries[0].manifest
        run, order = artifact.new_run_id(), artifact.Order(newest.id, "redis", "redis", newest.facts, "sessions")
        starts.start_restore.apply_async(("sessions", artifact.encode(order), run), queue="control")
        self._wait(run)

    @property
    def app(self) -> Any:
        return import_module("workers.celery").app

    def _wait(self, run: str) -> Any:
        end = monotonic() + PATIENCE
        while monotonic() < end:
            sleep(0.05)
            entry = next((entry for entry in self.app.tools.ledger.runs(20) if entry.run.id == run), None)
            if entry and entry.state == "done":
                return entry
            if entry and entry.state != "open":
                raise RuntimeError(f"{entry.run.work} {entry.state}: {entry.reason}")
        raise RuntimeError(f"run {run} did not end within {PATIENCE} s")


@contextmanager
def running(root: Path, target: Redis7) -> Iterator[Platform]:
    """Everything up; everything down at the end."""
    broker = Redis(root / "broker")
    (root / "secrets").mkdir(mode=0o700)
    word = root / "secrets" / "targets_sessions_redis_password"
    word.touch(mode=0o600)
    word.write_text(target.password)
    LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
    settings = root / "canvasback.toml"
    with ExitStack() as stack:
        stack.enter_context(broker)
        stack.enter_context(target)
        settings.write_text(SETTINGS.format(root=root, broker=broker.url, port=target.port, tools=TOOLS))
        os.environ["CANVASBACK_CONFIG"] = str(settings)
        cluster = Cluster(settings, root / "workers")
        cluster.environment["PYTHONPATH"] = str(Path.cwd())
        stack.enter_context(cluster)
        yield Platform(root, target, cluster)
