"""A whole small platform on the loopback: database, broker, Slack's sink, settings and secrets for the hosts `db1` and `control`.

With an S3 server, every backup lies in two stores, `nas` and `s3`.
Used by the demo and by the system tests alike.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from compose.local.cluster import Cluster
from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.redis import Redis
from compose.local.s3 import BUCKET, REGION, S3
from compose.local.server import Server
from compose.local.slack import Slack
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

ACCOUNT = "canvasback"

SETTINGS = """
time_zone = "Asia/Seoul"
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool", bytes = "{spool}" }}
scratch_dir = "{root}/scratch"

[broker]
url = "{broker}"

[hosts.db1]
role = "database"
[hosts.control]
role = "control"

[stores.nas]
kind = "local"
path = "{root}/nas"
medium = "disk"
{second}
[plans.database]
required = {required}
compress = {{ level = 3 }}
objectives = {{ rpo = "24h", rto = "1h" }}
priority = "P0"
{plan}

[targets.community]
source = "mysql"
host = "db1"
plan = "database"
[targets.community.mysql]
host = "127.0.0.1"
port = {port}
user = "{account}"
databases = ["community"]
tools = "{tools}"
{target}
[alerts.slack]
events = ["success", "failure", "drill"]
"""

SECOND = """
[stores.s3]
kind = "s3"
bucket = "{bucket}"
prefix = "demo"
region = "{region}"
endpoint_url = "{endpoint}"
medium = "object"
off_site = true
"""


@dataclass
class Platform:
    """The servers, and where their settings are. `cluster` runs the workers; `more` are settings of other hosts."""

    root: Path
    database: Database
    redis: Redis
    slack: Slack
    password: str
    cluster: Cluster
    tools: Path | None = None  # of the database's clients; its own where None
    s3: S3 | None = None
    more: str = ""
    beside: tuple[Server, ...] = ()  # servers of further targets

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.root / "canvasback.toml"

    def write_settings(self, *, spool: str = "96MiB", plan: str = "", target: str = "") -> None:
        """Write settings and secrets. `plan` is added to the plan's table, `target` to the database's options."""
        required = '["nas", "s3"]' if self.s3 else '["nas"]'
        text = SETTINGS.format(
            root=self.root,
            spool=spool,
            broker=self.redis.url,
            port=self.database.port,
            account=ACCOUNT,
            tools=self.tools or self.database.tools,
            plan=plan,
            target=target,
            required=required,
            second=SECOND.format(bucket=BUCKET, region=REGION, endpoint=self.s3.url) if self.s3 else "",
        )
        self.settings.write_text(text + self.more)
        self.write_secrets({"targets_community_mysql_password": self.password, "alerts_slack_webhook": self.slack.url})
        if self.s3:
            key, secret = self.s3.login()
            self.write_secrets({"stores_s3_access_key_id": key, "stores_s3_secret_access_key": secret})

    @property
    def servers(self) -> tuple[Server, ...]:
        """Everything that has to run before the workers."""
        return (*(server for server in (self.database, self.redis, self.slack, self.s3) if server), *self.beside)

    def write_secrets(self, texts: Mapping[str, str]) -> None:
        """Write secrets as files of mode 0600."""
        folder = self.root / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, text in texts.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)

    def make_store(self) -> None:
        """Make the store's folder and its marker."""
        LocalStore("nas", LocalOptions(path=self.root / "nas")).initialise()

    def make_account(self) -> None:
        """Make the account that backs up and restores. It may do everything; the guide names what would be enough."""
        name = f"'{ACCOUNT}'@'127.0.0.1'"
        self.database.run(
            f"DROP USER IF EXISTS {name}", f"CREATE USER {name} IDENTIFIED BY '{self.password}'", f"GRANT ALL ON *.* TO {name}"
        )


def platform(root: Path, database: Database, s3: S3 | None = None, *, detached: bool = False) -> Platform:
    """A platform around a database server and, where one is given, an S3 server; nothing is started."""
    redis, slack = Redis(root / "redis", detached=detached), Slack(root / "slack", detached=detached)
    cluster = Cluster(root / "canvasback.toml", root / "workers", detached=detached)
    return Platform(root, database, redis, slack, secrets.token_urlsafe(18), cluster, s3=s3)


@contextmanager
def running(made: Platform, **settings: str) -> Iterator[Platform]:
    """Everything up, workers included; everything down at the end."""
    with ExitStack() as stack:
        for server in made.servers:
            stack.enter_context(server)
        made.make_account()
        made.make_store()
        made.write_settings(**settings)
        stack.enter_context(made.cluster)
        yield made


def default_database(folder: Path, *, detached: bool = False) -> Database:
    """The database server of the demo."""
    return MariaDB(folder, detached=detached)
