"""A whole small platform: settings that load, secrets that stay closed, and everything down where one part will not start."""

from pathlib import Path

import pymysql
import pytest

from compose.local.mariadb import MariaDB
from compose.local.platform import ACCOUNT, Platform, default_database, platform, running
from compose.local.s3 import S3
from compose.local.server import WillNotStart
from workers.settings import load


@pytest.fixture
def here(folder: Path, mariadb: MariaDB) -> Platform:
    """A platform around the database server of all tests; nothing else is started."""
    (folder / "platform").mkdir()
    return platform(folder / "platform", mariadb)


def test_making_a_platform_starts_nothing(here: Platform) -> None:
    assert (here.redis.pid, here.slack.pid, here.cluster.children, [*here.root.iterdir()]) == (None, None, {}, [])


def test_the_settings_load_and_name_the_parts(here: Platform) -> None:
    here.write_settings(spool="24MiB", plan="recipients = []")
    settings = load(here.settings)
    assert [*settings.hosts, *settings.stores, *settings.targets] == ["db1", "control", "nas", "community"]
    assert (settings.broker.url, settings.spool.bytes) == (here.redis.url, 24 << 20)


def test_with_an_s3_server_every_backup_lies_in_two_stores(here: Platform, s3: S3) -> None:
    here.s3 = s3
    here.write_settings()
    settings = load(here.settings)
    assert [*settings.stores] == ["nas", "s3"]
    assert settings.plans["database"].required == ("nas", "s3")
    assert here.servers == (here.database, here.redis, here.slack, s3)


def test_the_keys_of_the_s3_server_are_secrets_of_the_settings(here: Platform, s3: S3) -> None:
    here.s3 = s3
    here.write_settings()
    settings = load(here.settings)
    found = [settings.secret(f"stores_s3_{word}") for word in ("access_key_id", "secret_access_key")]
    assert tuple(secret.get_secret_value() for secret in found if secret) == s3.login()
    assert s3.login()[1] not in here.settings.read_text()


def test_secrets_are_in_closed_files_and_not_in_the_settings(here: Platform) -> None:
    here.write_settings()
    files = {file.name: file for file in (here.root / "secrets").iterdir()}
    assert {name: file.read_text() for name, file in files.items()} == {
        "targets_community_mysql_password": here.password,
        "alerts_slack_webhook": here.slack.url,
    }
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
    assert here.password not in here.settings.read_text()


def test_every_platform_has_a_password_of_its_own(folder: Path, mariadb: MariaDB) -> None:
    assert platform(folder, mariadb).password != platform(folder, mariadb).password


def test_other_tools_are_named_where_they_are_given(here: Platform) -> None:
    here.tools = here.root / "tools"
    here.write_settings()
    assert f'tools = "{here.root}/tools"' in here.settings.read_text()


def test_the_account_gets_in_with_its_password_also_when_it_is_made_again(here: Platform) -> None:
    for _ in range(2):
        here.make_account()
        pymysql.connect(host="127.0.0.1", port=here.database.port, user=ACCOUNT, password=here.password).close()
    with pytest.raises(pymysql.MySQLError, match="Access denied"):
        pymysql.connect(host="127.0.0.1", port=here.database.port, user=ACCOUNT, password="another")


def test_the_store_is_marked_also_when_it_is_made_again(here: Platform) -> None:
    for _ in range(2):
        here.make_store()
    assert [path.name for path in (here.root / "nas").iterdir()] == [".canvasback-store"]


def test_where_the_workers_will_not_start_the_servers_are_stopped_too(folder: Path) -> None:
    made = platform(folder, default_database(folder / "database"))
    with pytest.raises(WillNotStart, match=r"no worker was started: (.|\n)*colour"), running(made, plan="colour = 1"):
        pass
    assert [server.pid for server in (made.database, made.redis, made.slack)] == [None] * 3
    assert "ready for connections" in made.database.log.read_text()
