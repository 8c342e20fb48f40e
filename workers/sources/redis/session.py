"""Connections to a server: a client for commands, and the socket and TLS of a replica's link. Floor: tools."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers.errors import Refused
from workers.settings import secrets
from workers.sources.redis.faults import told
from workers.sources.redis.options import RedisOptions

PATIENCE = 60.0  # seconds without a word; a server that forks with 100 GB stands still for some seconds


@dataclass(frozen=True, slots=True)
class Server:
    """A server and how to log in."""

    options: RedisOptions
    password: SecretStr | None = None

    @contextmanager
    def session(self, doing: str) -> Iterator[Any]:
        """A client of redis-py (whose types promise an Awaitable for each answer); its exceptions come out as failures."""
        client = self.client()
        with told(self.options, doing):
            try:
                yield client
            finally:
                client.close()

    def client(self) -> Any:
        """A client that connects when it is first asked something, and tries nothing twice."""
        options = self.options
        where = {"unix_socket_path": str(options.socket)} if options.socket else {"host": options.host, "port": options.port, **self._tls()}
        return Redis(
            **where,
            username=options.user,
            password=self.secret,
            decode_responses=True,
            encoding_errors="replace",
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=PATIENCE,
            socket_connect_timeout=10,
        )

    @property
    def secret(self) -> str | None:
        """The password, for the wire alone."""
        return self.password.get_secret_value() if self.password and not self.options.nopass else None

    def _tls(self) -> dict[str, Any]:
        options = self.options
        if not options.tls:
            return {}
        fits(options)
        files = {"ssl_ca_certs": options.ca_file, "ssl_certfile": options.cert_file, "ssl_keyfile": options.key_file}
        return {"ssl": True, "ssl_cert_reqs": "required", **{name: str(path) for name, path in files.items() if path}}

    def context(self) -> ssl.SSLContext | None:
        """The TLS of a link of its own; None where there is none."""
        options = self.options
        if not options.tls:
            return None
        fits(options)
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.cert_file and options.key_file:
            context.load_cert_chain(options.cert_file, options.key_file)
        return context

    def moved(self, **changes: Any) -> "Server":
        """The same login at another address."""
        return Server(self.options.model_copy(update=changes), self.password)


def fits(options: RedisOptions) -> None:
    """Refused, naming the key, where a file of TLS is missing or open to others."""
    for key in ("ca_file", "cert_file", "key_file"):
        path = getattr(options, key)
        if path and not path.is_file():
            raise Refused(f"{path} is missing ({key} of this target)")
    if options.key_file and (fault := secrets.flaw(options.key_file)):
        raise Refused(f"{fault.key}: {fault.text}")
