"""A platform whose targets are synthetic: broker, sink, workers, and no database."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from compose.local.cluster import Cluster
from compose.local.redis import Redis
from compose.local.slack import Slack
from tests.synthetic.source import Options
from workers.plans.drivers import Driver
from workers.sources import SOURCES
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

SITE = Path(__file__).parent / "site"
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
compress = {{ level = 1 }}
[alerts.slack]
events = ["success", "failure"]
"""
TARGET = """
[targets.{name}]
source = "synthetic"
host = "db1"
plan = "plain"
[targets.{name}.synthetic]
segments = {segments}
bytes = {bytes}
"""


@dataclass
class Platform:
    """Its servers and workers, and where its settings are."""

    root: Path
    redis: Redis
    slack: Slack
    cluster: Cluster

    @property
    def settings(self) -> Path:
        return self.root / "canvasback.toml"


@contextmanager
def running(root: Path, targets: dict[str, Options]) -> Iterator[Platform]:
    """Everything up; everything down at the end. This process knows the source, too, as long as it lasts."""
    made = Platform(root, Redis(root / "redis"), Slack(root / "slack"), Cluster(root / "canvasback.toml", root / "workers"))
    made.cluster.environment["PYTHONPATH"] = os.pathsep.join((str(SITE), str(Path.cwd())))
    with ExitStack() as stack:
        SOURCES["synthetic"] = Driver("tests.synthetic.source:Synthetic", "tests.synthetic.source:Options")
        stack.callback(SOURCES.pop, "synthetic")
        for server in (made.redis, made.slack):
            stack.enter_context(server)
        LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
        own = [TARGET.format(name=name, **options.model_dump()) for name, options in targets.items()]
        made.settings.write_text(SETTINGS.format(root=root, broker=made.redis.url) + "".join(own))
        (root / "secrets").mkdir(mode=0o700)
        (root / "secrets" / "alerts_slack_webhook").touch(mode=0o600)
        (root / "secrets" / "alerts_slack_webhook").write_text(made.slack.url)
        stack.enter_context(made.cluster)
        yield made
