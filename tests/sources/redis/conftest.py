"""Real servers: Redis 7 of Debian, fresh for each test, and what the tests fill them with."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from compose.local.authority import Authority
from compose.local.programs import programs
from compose.local.redis import SECURE, Redis, SecureRedis
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.session import Server

TOOLS = programs(SECURE).tools


class Redis7(Redis):
    """Debian's Redis; settings of a test stand over the house's."""

    def __init__(self, folder: Path, password: str = "", **changes: str) -> None:
        super().__init__(folder, password=password or secrets.token_urlsafe(12))
        self.changes = changes

    def lines(self) -> dict[str, str]:
        own = {"repl-diskless-sync-delay": "0", "appendonly": "no", "enable-debug-command": "local", **self.own()}
        return {**super().lines(), **own, **{name.replace("_", "-"): value for name, value in self.changes.items()}}

    def own(self) -> dict[str, str]:
        return {"pidfile": json.dumps(str(self.pidfile))}

    @property
    def pidfile(self) -> Path:
        """Where the server itself says which process it is, whoever started it."""
        return self.folder / "own.pid"

    def program(self) -> str:
        return str(programs(SECURE).daemon)

    def options(self, **changes: Any) -> RedisOptions:
        own = {"host": "127.0.0.1", "port": self.port, "tools": TOOLS, "scratch": self.folder / "scratch"}
        return RedisOptions.model_validate(own | changes)

    def server(self, **changes: Any) -> Server:
        return Server(self.options(**changes), SecretStr(self.password))

    def fill(self) -> "Redis7":
        """Keys of every type that Redis 7 has, in two databases, some of which expire in an hour."""
        for number in (0, 3):
            fill(self.database(number))
        return self

    def database(self, number: int) -> Any:
        client: Any = self.client()
        client.select(number)
        return client


def fill(client: Any) -> None:
    pipe = client.pipeline()
    for number in range(60):
        pipe.set(f"text:{number}", f"글{number}" * number, ex=3600 if number % 3 else None)
        pipe.hset(f"hash:{number}", mapping={f"f{key}": "v" * key for key in range(number * 12 + 1)})
        pipe.rpush(f"list:{number}", *[f"x{key}" * 20 for key in range(number * 9 + 1)])
        pipe.sadd(f"set:{number}", *[f"x{key}" for key in range(number * 9 + 1)])
        pipe.sadd(f"numbers:{number}", *range(number + 1))
        pipe.zadd(f"sorted:{number}", {f"x{key}": key / 7 for key in range(number * 9 + 1)})
        for key in range(number):
            pipe.xadd(f"stream:{number}", {"a": key})
        if number:
            pipe.xgroup_create(f"stream:{number}", "group", id="0")
            pipe.xreadgroup("group", "consumer", {f"stream:{number}": ">"}, count=number // 2 + 1)
    pipe.execute()


Making = Callable[..., Redis7]


@pytest.fixture
def redis7(tmp_path: Path) -> Iterator[Making]:
    """Start a server: `redis7(appendonly="yes")`. All of them end with the test."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(Redis7(tmp_path / f"r{secrets.token_hex(3)}", **changes))


@pytest.fixture
def full(redis7: Making) -> Redis7:
    """A server with keys of every type."""
    return redis7().fill()


def secure(server: SecureRedis, authority: Authority, **changes: Any) -> Server:
    """A server that speaks TLS only, seen with a certificate of its own authority."""
    mine = authority.issue("worker")
    files = {"tls": True, "ca_file": authority.ca, "cert_file": mine.cert, "key_file": mine.key, "user": "root", "tools": TOOLS}
    own = {"host": "127.0.0.1", "port": server.port, "scratch": server.folder / "scratch"}
    return Server(RedisOptions.model_validate(own | files | changes), SecretStr(server.password))
