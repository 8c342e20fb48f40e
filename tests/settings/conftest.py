"""Settings files for the tests: the example of the manual, and a way to ask what is wrong with a text."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.errors import Refused
from workers.settings import load

EXAMPLE = """
time_zone   = "Asia/Seoul"
secrets_dir = "SECRETS"
spool       = { path = "/var/spool/canvasback", bytes = "96MiB" }

[broker]
url = "rediss://redis.internal:6379/0"

[hosts.db1]
role = "database"
[hosts.files1]
role = "files"
[hosts.search1]
role = "search"
[hosts.control]
role = "control"

[stores.nas]
kind = "local"
path = "/mnt/nas/canvasback"
medium = "disk"
[stores.second]
kind = "local"
path = "/mnt/second"
medium = "object"
off_site = true

[plans.database]
required = ["nas"]
sync = ["second"]
compress = { level = 3 }
recipients = ["age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"]
retention = { within = "30d", weekly = 8, monthly = 12 }
objectives = { rpo = "1h", rto = "1h" }
priority = "P0"

[targets.community]
source = "mysql"
host = "db1"
plan = "database"
[targets.community.mysql]
socket = "/run/mysqld/mysqld.sock"
user = "canvasback"
databases = ["community"]
duplicates = ["users.email"]

[services.database]
priority = "P0"
rto = "1h"
targets = ["community"]
checks = [{ sql = "SELECT COUNT(*) FROM users", at_least = 1 }]
[services.core_api]
priority = "P1"
rto = "2h"
needs = ["database"]
checks = [{ url = "https://api.example.org/health", status = 200 }]

[alerts.slack]
events = ["success", "failure", "outdated", "drill"]
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of whoever runs the tests goes over the file."""
    for name in [name for name in os.environ if name.startswith("CANVASBACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the secrets."""
    (tmp_path / "secrets").mkdir()
    return tmp_path / "secrets"


@pytest.fixture
def example(folder: Path) -> str:
    """The example, with its secrets in the test's own folder."""
    return EXAMPLE.replace("SECRETS", str(folder))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a settings file; its path."""

    def written(text: str) -> Path:
        path = tmp_path / "canvasback.toml"
        path.write_text(text)
        return path

    return written


@pytest.fixture
def faults(write: Callable[[str], Path]) -> Callable[..., list[tuple[str, str]]]:
    """What is wrong with a text: (key path, sentence) pairs."""

    def found(text: str, host: str | None = None) -> list[tuple[str, str]]:
        path = write(text)
        with pytest.raises(Refused) as refused:
            load(path, host=host)
        head, *lines = refused.value.reason.splitlines()
        assert head == f"{path}: {len(lines)} fault{'s' if len(lines) > 1 else ''}"
        return [(key.strip(), text.strip()) for key, _, text in (line.strip().partition("   ") for line in lines)]

    return found
