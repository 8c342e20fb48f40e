"""Redis on the loopback: durable, never evicting, its password in no command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from compose.local.authority import Authority
from compose.local.redis import Redis, SecureRedis, program
from compose.local.server import WillNotStart

WORD = 'a "quoted" word/@:'


@pytest.fixture
def locked(folder: Path) -> Iterator[Redis]:
    with Redis(folder / "redis", password=WORD) as server:
        yield server


def test_it_evicts_nothing_and_writes_everything_down(redis: Redis) -> None:
    with Client.from_url(redis.url) as client:
        found = {**client.config_get("maxmemory-policy"), **client.config_get("append*")}
    assert (found["maxmemory-policy"], found["appendonly"], found["appendfsync"]) == ("noeviction", "yes", "everysec")


def test_it_listens_on_the_loopback_only(redis: Redis) -> None:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [fields[1] for fields in lines if fields[3] == "0A" and fields[1].endswith(f":{redis.port:04X}")]
    assert listening == [f"0100007F:{redis.port:04X}"]


def test_what_was_written_survives_a_kill(folder: Path) -> None:
    with Redis(folder / "redis") as server:
        with Client.from_url(server.url) as client:
            client.config_set("appendfsync", "always")
            client.set("key", "value")
        server.kill()
        with Client.from_url(server.start().url) as client:
            assert client.get("key") == b"value"


def test_with_a_password_the_address_gets_in_and_nobody_else(locked: Redis) -> None:
    with Client.from_url(locked.url) as client:
        assert client.ping()
    with Client(host="127.0.0.1", port=locked.port, retry=Retry(NoBackoff(), 0)) as client, pytest.raises(AuthenticationError):
        client.ping()


def test_the_password_is_in_a_closed_file_and_nowhere_else(locked: Redis) -> None:
    assert (locked.folder / "redis.conf").stat().st_mode & 0o777 == 0o600
    shown = [Path(f"/proc/{locked.pid}/cmdline").read_text(), repr(locked), locked.log.read_text(), *locked.addresses]
    assert [text for text in shown if "quoted" in text] == []


def test_another_redis_on_the_port_is_not_taken_for_this_one(redis: Redis, folder: Path) -> None:
    assert not Redis(folder / "second", port=redis.port).ready()


def test_the_systems_own_server_is_preferred(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "redis-server").symlink_to(program())
    monkeypatch.setenv("PATH", str(folder))
    assert program() == str(folder / "redis-server")


def test_without_any_server_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(WillNotStart, match="install the system's package"):
        program()


def test_a_secure_one_speaks_tls_only_and_shows_its_password_nowhere(folder: Path) -> None:
    with SecureRedis(folder / "redis", Authority(folder / "tls")) as server:
        assert server.client().ping()
        with Client(host="127.0.0.1", port=server.port, retry=Retry(NoBackoff(), 0)) as plain, pytest.raises(RedisError):
            plain.ping()
        assert {(server.folder / name).stat().st_mode & 0o777 for name in ("redis.conf", "users.acl")} == {0o600}
        shown = [Path(f"/proc/{server.pid}/cmdline").read_text(), repr(server), server.log.read_text(), server.url, *server.addresses]
        assert [text for text in shown if server.password in text] == []
