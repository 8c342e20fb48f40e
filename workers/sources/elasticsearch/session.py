"""Connections to a cluster: a client that proves its certificate, logs in, and tries nothing twice. Floor: tools."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch
from pydantic import SecretStr

from workers.errors import Refused
from workers.ports import Meter
from workers.sources.elasticsearch.faults import told
from workers.sources.elasticsearch.options import ElasticsearchOptions

PATIENCE = 60.0  # seconds without an answer; nothing here is asked to wait for its end


def unheard(done: int, expected: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Server:
    """A cluster, how to log in, and who is told how far it is with what it does by itself."""

    options: ElasticsearchOptions
    secret: SecretStr | None = None
    meter: Meter = unheard

    @contextmanager
    def session(self, doing: str) -> Iterator[Elasticsearch]:
        """A client; its exceptions come out as failures."""
        with told(self.options, doing), self._client() as client:
            yield client

    def _client(self) -> Elasticsearch:
        return Elasticsearch(self.options.address, request_timeout=PATIENCE, max_retries=0, **self._tls(), **self._login())

    def _login(self) -> dict[str, Any]:
        options = self.options
        if options.nopass or self.secret is None:
            return {}
        word = self.secret.get_secret_value()
        return {"api_key": word} if options.api_key else {"basic_auth": (options.user or "", word)}

    def _tls(self) -> dict[str, Any]:
        options = self.options
        if not options.address.startswith("https"):
            return {}
        if options.ca_file and not options.ca_file.is_file():
            raise Refused(f"{options.ca_file} is missing (ca_file of this target)")
        return {"ssl_context": ssl.create_default_context(cafile=options.ca_file)}
