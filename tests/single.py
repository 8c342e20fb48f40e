"""A platform with one target of any source: broker, real workers, a store, Slack; and the orders that a person gives."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from compose.local.cluster import Cluster
from compose.local.redis import Redis
from compose.local.server import Server
from compose.local.slack import Sink
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

PATIENCE = 120  # seconds a run may take
SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{broker}"
[hosts.host1]
role = "{role}"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{root}/nas"
[plans.plain]
required = ["nas"]
compress = {{ level = 3 }}
[targets.{target}]
source = "{source}"
host = "host1"
plan = "plain"
[targets.{target}.{source}]
{options}
[alerts.slack]
events = ["success", "failure"]
"""


@dataclass(frozen=True)
class Wish:
    """The target: its server, which runs; its name, its source, the role of its host, its password, its options."""

    server: Server
    target: str
    source: str
    role: str
    password: str
    options: Mapping[str, object]


@dataclass
class Platform:
    """Its store, workers and Slack; one for a process, whose application belongs to its settings for good."""

    root: Path
    wish: Wish
    cluster: Cluster
    servers: tuple[Server, ...]
    slack: Sink

    def backup(self, kind: str = "full") -> str:
        """Back up, wait, and give the backup's id."""
        artifact, starts = import_module("workers.artifact"), import_module("tasks.starts")  # they read the settings when they are imported
        run = artifact.new_run_id()
        starts.start_backup.apply_async((self.wish.target, kind, None, run), queue="control")
        return str(self._wait(run).run.backup)

    def restore(self, into: str = "") -> None:
        """Bring the newest backup back: to where it was taken, which is empty by now, or to a place."""
        artifact, starts = import_module("workers.artifact"), import_module("tasks.starts")
        newest = self.newest
        run, place = artifact.new_run_id(), newest.facts.place
        order = artifact.Order(newest.id, place, into or place, newest.facts)
        starts.start_restore.apply_async((self.wish.target, artifact.encode(order), run), queue="control")
        self._wait(run)

    def alerts(self) -> list[str]:
        """What people were told in Slack, once they were told of every run; newest last."""
        end = monotonic() + PATIENCE
        while waiting := [entry.run.id for entry in self.app.tools.ledger.runs(20) if entry.alert != "sent"]:
            if monotonic() > end:
                raise RuntimeError(f"nobody was told of {waiting}")
            sleep(0.05)
        return [json.dumps(message, ensure_ascii=False) for message in self.slack.messages]

    @property
    def newest(self) -> Any:
        """The newest backup's manifest, read from the store."""
        index = import_module("workers.catalog.index")
        return index.backups(self.app.tools.stores_of(self.wish.target), self.wish.target).entries[0].manifest

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
def running(root: Path, wish: Wish) -> Iterator[Platform]:
    """Everything but the target's server up; everything down at the end."""
    broker = Redis(root / "broker")
    slack = Sink().start()
    (root / "secrets").mkdir(mode=0o700)
    for name, text in ((f"targets_{wish.target}_{wish.source}_password", wish.password), ("alerts_slack_webhook", slack.url)):
        (word := root / "secrets" / name).touch(mode=0o600)
        word.write_text(text)
    LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
    settings = root / "canvasback.toml"
    with ExitStack() as stack:
        stack.callback(slack.stop)
        stack.enter_context(broker)
        options = "\n".join(f"{key} = {json.dumps(value)}" for key, value in wish.options.items())
        names = {"target": wish.target, "source": wish.source, "role": wish.role, "options": options}
        settings.write_text(SETTINGS.format(root=root, broker=broker.url, **names))
        os.environ["CANVASBACK_CONFIG"] = str(settings)
        cluster = Cluster(settings, root / "workers")
        cluster.environment["PYTHONPATH"] = str(Path.cwd())
        stack.enter_context(cluster)
        yield Platform(root, wish, cluster, (wish.server, broker), slack)
