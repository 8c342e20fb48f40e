"""A Redis with TLS and a user for each host and for the operator, and what makes a process one of theirs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery import Celery
from redis import Redis

from compose.local.authority import Authority
from compose.local.redis import SecureRedis
from tests.synthetic.platform import SITE, TARGET
from workers.broker import access
from workers.broker.config import config
from workers.plans.drivers import Driver
from workers.settings import Settings, load
from workers.sources import SOURCES
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

HOSTS = ("db1", "db2", "control")
USERS = {**{host: access.user(host) for host in HOSTS}, "operator": access.OPERATOR}
SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{url}"
ca_file = "{ca}"
[hosts.db1]
role = "database"
[hosts.db2]
role = "database"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{root}/nas"
[plans.plain]
required = ["nas"]
"""


@dataclass(frozen=True)
class Ground:
    """The server, and what each has of its own: environment, secrets, certificate."""

    root: Path
    server: SecureRedis
    authority: Authority

    @property
    def settings(self) -> Path:
        return self.root / "canvasback.toml"

    def environment(self, who: str, password: str = "") -> dict[str, str]:
        """What makes a process that of a host, or the operator's; with a wrong password where one is given."""
        pair, folder = self.authority.issue(who), self.root / who
        folder.mkdir(exist_ok=True)
        for name, text in (("broker_user", USERS[who]), ("broker_password", password or secret(who))):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)
        own = {"CANVASBACK_SECRETS_DIR": str(folder), "CANVASBACK_SPOOL__PATH": str(self.root / "spool" / who)}
        files = {"CANVASBACK_BROKER__CERT_FILE": str(pair.cert), "CANVASBACK_BROKER__KEY_FILE": str(pair.key)}
        return {**own, **files, "CANVASBACK_CONFIG": str(self.settings), "PYTHONPATH": os.pathsep.join((str(SITE), str(Path.cwd())))}

    def as_one(self, who: str, monkeypatch: Any, **given: str) -> Settings:
        """The settings as a host or the operator reads them."""
        for name, value in self.environment(who, **given).items():
            monkeypatch.setenv(name, value)
        return load()

    def redis(self, who: str, monkeypatch: Any) -> Any:
        """A client with the rights of a host or of the operator."""
        return Redis.from_url(self.as_one(who, monkeypatch).broker_url().get_secret_value(), decode_responses=True)

    def denied(self) -> list[str]:
        """The rights that were missing, and to whom; wrong passwords are no matter of rights."""
        log = (entry for entry in self.server.client().acl_log() if entry["reason"] != "auth")
        return [" ".join(str(entry[key]) for key in ("username", "context", "reason", "object")) for entry in log]


def secret(who: str) -> str:
    """A password that is written otherwise in an address."""
    return f"secret of {who}"


def celery(settings: Settings) -> Celery:
    """A client of these settings alone: the application of this process belongs to other tests."""
    app = Celery("client", set_as_current=False)
    app.conf.update(config(settings))
    return app


@contextmanager
def secured(root: Path, more: str = "") -> Iterator[Ground]:
    """The server up, and down at the end; `more` is added to the settings. This process knows the synthetic source meanwhile."""
    authority = Authority(root / "tls")
    SOURCES["synthetic"] = Driver("tests.synthetic.source:Synthetic", "tests.synthetic.source:Options")
    try:
        server, settings = SecureRedis(root / "redis", authority), root / "canvasback.toml"
        two = "".join(TARGET.format(name=f"on_{host}", segments=3, bytes=1000).replace('"db1"', f'"{host}"') for host in ("db1", "db2"))
        empty = TARGET.format(name="empty", segments=0, bytes=0)  # a backup without data is refused by seal
        settings.write_text(SETTINGS.format(root=root, url=server.url, ca=authority.ca) + two + empty + more)
        server.users = access.lines(load(settings), {user: access.digest(secret(who)) for who, user in USERS.items()})
        LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
        with server:
            yield Ground(root, server, authority)
    finally:
        SOURCES.pop("synthetic")
