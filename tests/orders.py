"""The orders, with settings that name one database host."""

from types import SimpleNamespace

import pytest

from workers.settings import load
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

SETTINGS = """
secrets_dir = "{folder}/secrets"
spool = {{ path = "{folder}/spool" }}
[broker]
url = "{broker}"
[hosts.db1]
role = "database"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{folder}/nas"
[plans.database]
required = ["nas"]
objectives = {{ rpo = "1h" }}
[targets.community]
source = "mysql"
host = "db1"
plan = "database"
[targets.community.mysql]
socket = "/run/mysqld/mysqld.sock"
user = "canvasback"
databases = ["community"]
"""


@pytest.fixture
def orders(redis, tmp_path, monkeypatch):
    """The task modules, and the application whose settings they have."""
    file = tmp_path / "canvasback.toml"
    file.write_text(SETTINGS.format(folder=tmp_path, broker=redis.url))
    LocalStore("nas", LocalOptions(path=tmp_path / "nas")).initialise()
    monkeypatch.setenv("CANVASBACK_CONFIG", str(file))
    from tasks import backup, restore, shell, starts  # the application is one for the process; its settings are this test's
    from workers.bench.tools import Tools
    from workers.celery import app

    settings = load()
    monkeypatch.setitem(app.__dict__, "settings", settings)
    monkeypatch.setitem(app.__dict__, "tools", Tools(settings))
    return SimpleNamespace(app=app, backup=backup, restore=restore, shell=shell, starts=starts, nas=tmp_path / "nas", settings=settings)
