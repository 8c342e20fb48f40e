"""The page's own commands make certificates and users with which a host gets in, and what is in its listings is accepted."""

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from compose.local.authority import Pair
from compose.local.redis import SecureRedis
from workers.broker import access
from workers.command import die_with_parent
from workers.settings import load

PAGE = Path("docs/guides/redis-access.md")
HOSTS = "".join(f'[hosts.{name}]\nrole = "{role}"\n' for name, role in (("db1", "database"), ("files1", "files"), ("control", "control")))


@dataclass(frozen=True)
class Signed:
    """Certificates that the page's commands have made."""

    folder: Path

    @property
    def ca(self):
        return self.folder / "ca.crt"

    def issue(self, name):
        given = {"root": "operator"}.get(name, name)
        return Pair(self.folder / f"{given}.crt", self.folder / f"{given}.key")


def listings(kind):
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for language, text in found if language == kind]


def shell(text, folder, **more):
    """Run a listing in a folder; what it printed."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(Path.cwd())} | more
    argv = ["sh", "-ec", text]
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=True, preexec_fn=die_with_parent)
    return done.stdout


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    shell(listings("sh")[0].replace("10.0.0.5", "127.0.0.1"), folder)
    return Signed(folder)


def test_the_pages_keys_are_for_their_owner_only(signed):
    assert {path.stat().st_mode & 0o777 for path in signed.folder.glob("*.key")} == {0o600}


def test_a_host_gets_in_with_the_pages_certificate_and_the_line_it_prints(signed, tmp_path, monkeypatch):
    server = SecureRedis(tmp_path / "redis", signed)
    pair = signed.issue("db1")
    table = tomllib.loads(listings("toml")[0])["broker"] | {
        "url": server.url,
        "ca_file": signed.ca,
        "cert_file": pair.cert,
        "key_file": pair.key,
    }
    secrets, file = tmp_path / "secrets", tmp_path / "canvasback.toml"
    secrets.mkdir()
    file.write_text(f'secrets_dir = "{secrets}"\n[broker]\n' + "".join(f'{key} = "{value}"\n' for key, value in table.items()) + HOSTS)
    monkeypatch.setenv("CANVASBACK_CONFIG", str(file))
    server.users = (shell(listings("sh")[1].replace("/etc/canvasback/secrets", str(secrets)), tmp_path),)
    with server:
        host = Redis.from_url(load().broker_url().get_secret_value())
        assert host.lpush("canvasback:db1.source", "{}") == 1
        with pytest.raises(NoPermissionError):
            host.rpop("canvasback:files1.source")


def test_redis_starts_with_the_pages_directives_and_users(signed, tmp_path):
    conf, acl = listings("")

    class Listed(SecureRedis):
        def lines(self):
            text = conf.replace("/etc/redis/tls", str(signed.folder)).replace("/etc/redis", str(self.folder))
            own = dict(line.split(" ", 1) for line in text.splitlines())
            return own | {"tls-port": str(self.port), "dir": str(self.folder), "bind": "127.0.0.1"}

    server = Listed(tmp_path / "redis", signed)
    server.users = acl.replace("<SHA-256 of a password>", access.digest("word")).splitlines()[1:]
    with server:
        assert server.client().config_get("appendonly") == {"appendonly": "yes"}
        assert "admin" in server.client().acl_users()
