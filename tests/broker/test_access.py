"""A Redis with TLS and a user for each host: the platform works, and a host sees and does nothing of another's."""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError

from compose.local.authority import Authority
from compose.local.cluster import Cluster
from compose.local.redis import SecureRedis
from tests.synthetic.platform import SITE, TARGET
from workers.broker import access, check
from workers.plans.drivers import Driver
from workers.settings import load
from workers.sources import SOURCES
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

HOSTS = ("db1", "db2", "control")
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


@dataclass
class Ground:
    """The server, and what each host has of its own: environment, secrets, certificate."""

    root: Path
    server: SecureRedis
    passwords: dict[str, str]
    authority: Authority

    @property
    def settings(self):
        return self.root / "canvasback.toml"

    def environment(self, host):
        """What makes a process that of a host."""
        pair, folder = self.authority.issue(host), self.root / host
        folder.mkdir(exist_ok=True)
        for name, text in (("broker_user", access.user(host)), ("broker_password", self.passwords[host])):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)
        own = {"CANVASBACK_SECRETS_DIR": str(folder), "CANVASBACK_SPOOL__PATH": str(self.root / "spool" / host)}
        files = {"CANVASBACK_BROKER__CERT_FILE": str(pair.cert), "CANVASBACK_BROKER__KEY_FILE": str(pair.key)}
        return {**own, **files, "CANVASBACK_CONFIG": str(self.settings), "PYTHONPATH": os.pathsep.join((str(SITE), str(Path.cwd())))}

    def as_host(self, host, monkeypatch):
        """The settings as a host reads them."""
        for name, value in self.environment(host).items():
            monkeypatch.setenv(name, value)
        return load()


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    root = tmp_path_factory.mktemp("access")
    authority = Authority(root / "tls")
    passwords = {host: f"secret of {host}" for host in HOSTS}
    SOURCES["synthetic"] = Driver("tests.synthetic.source:Synthetic", "tests.synthetic.source:Options")
    try:
        server = SecureRedis(root / "redis", authority)
        text = SETTINGS.format(root=root, url=server.url, ca=authority.ca)
        two = "".join(TARGET.format(name=f"on_{host}", segments=3, bytes=1000).replace('"db1"', f'"{host}"') for host in ("db1", "db2"))
        (root / "canvasback.toml").write_text(text + two)
        server.users = access.lines(load(root / "canvasback.toml"), {host: access.digest(word) for host, word in passwords.items()})
        LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
        with server:
            yield Ground(root, server, passwords, authority)
    finally:
        SOURCES.pop("synthetic")


@pytest.fixture
def hosts(ground):
    """The workers of all hosts, each with its own user and certificate."""
    with ExitStack() as stack:
        for host in HOSTS:
            cluster = Cluster(ground.settings, ground.root / "workers")
            cluster.environment |= ground.environment(host)
            stack.callback(cluster.stop)
            cluster.start(*(name for name in cluster.commands() if name.endswith(f"@{host}")))
        yield


@pytest.fixture
def db1(ground, monkeypatch):
    """A client with the rights of db1."""
    return Redis.from_url(ground.as_host("db1", monkeypatch).broker_url().get_secret_value(), decode_responses=True)


def denied(ground):
    return [f"{entry['username']} {entry['context']} {entry['reason']} {entry['object']}" for entry in ground.server.client().acl_log()]


@pytest.mark.timeout(120)
def test_backups_of_two_hosts_are_sealed_and_no_right_is_missing(ground, hosts, monkeypatch):
    from tests.system.conftest import client  # it needs nothing of that package's platform
    from workers.bench.tools import Tools

    ground.server.client().acl_log_reset()
    settings = ground.as_host("control", monkeypatch)
    sender, tools = client(settings), Tools(settings)
    for number, target in enumerate(("on_db1", "on_db2")):
        sender.send_task("start.backup", (target, "full", None, f"0000000{number}"), queue="control")
    end = time.monotonic() + 40
    while {entry.state for entry in tools.ledger.runs()} != {"done"} or len(tools.ledger.runs()) < 2:
        assert time.monotonic() < end, (tools.ledger.runs(), denied(ground))
        time.sleep(0.2)
    assert sender.control.ping(timeout=2)
    assert all(finding.ok for finding in check.findings(settings.broker_url().get_secret_value()))
    assert denied(ground) == []


OTHERS = "canvasback:db2.source"


@pytest.mark.parametrize(
    "command",
    [
        ("LRANGE", OTHERS, "0", "-1"),
        ("RPOP", OTHERS),
        ("LPUSH", OTHERS, "{}"),
        ("BLMOVE", OTHERS, "canvasback:db1.source", "RIGHT", "LEFT", "1"),
        ("EVAL", "return redis.call('RPOP', KEYS[1])", "1", OTHERS),
        ("HGETALL", "canvasback:unacked:db2.source"),
        ("ZRANGE", "canvasback:unacked_index:db2.source", "0", "-1"),
        ("LRANGE", "canvasback:control", "0", "-1"),
        ("RPOP", "canvasback:control"),
        ("HGETALL", "canvasback:unacked:control"),
        ("SET", "canvasback:beat:leader", "me"),
        ("GET", "a key of somebody else"),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("FLUSHALL",),
        ("CONFIG", "SET", "appendonly", "no"),
        ("ACL", "LIST"),
        ("SHUTDOWN", "NOSAVE"),
        ("CLIENT", "KILL", "TYPE", "normal"),
        ("REPLICAOF", "127.0.0.1", "1"),
    ],
    ids=lambda command: " ".join(command)[:50],
)
def test_a_host_may_not(db1, command):
    with pytest.raises(NoPermissionError):
        db1.execute_command(*command)


def test_a_host_may_send_to_control_and_read_and_write_its_own_queues(db1):
    assert db1.lpush("canvasback:control", "{}")
    assert db1.lpush("canvasback:db1.source", "{}") == 1
    assert db1.rpop("canvasback:db1.source") == "{}"


def test_a_task_for_another_host_fails_loudly_where_it_is_sent(ground, monkeypatch):
    from tests.system.conftest import client

    with pytest.raises(Exception, match="permissions to access") as refused:
        client(ground.as_host("db1", monkeypatch)).send_task("host.sweep", ("1a2b3c4d",), queue="db2.segments", retry=False)
    assert "secret of" not in str(refused.value)


def test_who_has_no_certificate_is_turned_away(ground):
    with pytest.raises((RedisConnectionError, RedisError)):
        Redis.from_url(f"{ground.server.url}?ssl_ca_certs={ground.authority.ca}", username="root", password=ground.server.password).ping()


def test_a_server_of_another_authority_is_not_talked_to(ground, monkeypatch, tmp_path):
    monkeypatch.setenv("CANVASBACK_BROKER__CA_FILE", str(Authority(tmp_path).ca))
    (finding,) = check.findings(ground.as_host("db1", monkeypatch).broker_url().get_secret_value())
    assert (finding.ok, "CERTIFICATE_VERIFY_FAILED" in finding.found) == (False, True)
    assert "broker.ca_file" in finding.remedy


def test_a_wrong_password_is_one_finding_that_does_not_show_it(ground, monkeypatch):
    settings = ground.as_host("db1", monkeypatch)
    (ground.root / "db1" / "broker_password").write_text("a wrong one")
    address = settings.broker_url().get_secret_value()
    with pytest.raises(AuthenticationError):
        Redis.from_url(address).ping()
    (finding,) = check.findings(address)
    assert not finding.ok
    assert "broker_password" in finding.remedy
    assert quote("a wrong one") not in finding.found + finding.remedy
