"""Stands in front of the real server and answers for what its build has not, as Elastic's documentation has it; all else goes through.

A repository in S3 is registered there as one of files. So snapshot, retention, restore and counts are real, and the bucket is not.
"""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.sources.elasticsearch.hands import Site
from workers.sources.elasticsearch.source import ElasticsearchSource

Ask = tuple[str, str, bytes, dict[str, str]]  # method, target, body, headers
Answer = tuple[int, dict[str, Any]]

# What `_verify_integrity` said on a cluster of 9.5.2, from a public report of a repository on an S3 service.
PASS: dict[str, Any] = {
    "log": [],
    "results": {
        "status": {
            "repository": {"name": "r", "uuid": "9QLApiRcTdC86SxVVE-SrQ", "generation": 3},
            "snapshots": {"verified": 2, "total": 2},
            "indices": {"verified": 5, "total": 5},
            "index_snapshots": {"verified": 10, "total": 10},
            "blobs": {"verified": 40},
        },
        "final_repository_generation": 3,
        "total_anomalies": 0,
        "result": "pass",
    },
}


def refused(kind: str, reason: str, cause: str) -> Answer:
    """A failure as Elasticsearch wraps it: an outer reason, and the client of S3's own words inside."""
    inner = {"type": "i_o_exception", "reason": "Unable to upload object", "caused_by": {"type": "s3_exception", "reason": cause}}
    error = {"type": kind, "reason": reason, "caused_by": inner}
    return 500, {"error": {"root_cause": [{"type": kind, "reason": reason}], **error}, "status": 500}


@dataclass
class Recorded:
    """One such server. `said` are answers by method and path; `registered` are the bodies of registrations in S3, by repository."""

    at: Site
    url: str = ""
    said: dict[tuple[str, str], Answer] = field(default_factory=dict)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def source(self, **changes: Any) -> ElasticsearchSource:
        """The target, with its repository in a bucket."""
        place = {"bucket": "backups", "base_path": f"search/{self.at.word}", "url": self.url, "ca_file": None}
        return self.at.source(**(place | changes))

    def answer(self, connection: HTTPSConnection, ask: Ask) -> Answer:
        """What is recorded for a request, or what the real server says over a connection."""
        method, target, body, headers = ask
        path = unquote(urlsplit(target).path)
        self.asked.append((method, path))
        if answer := self.said.get((method, path)):
            return answer
        if path.endswith("/_verify_integrity"):
            return 200, PASS
        name = path.removeprefix("/_snapshot/")
        if method == "PUT" and name != path and "/" not in name and json.loads(body)["type"] == "s3":
            self.registered[name] = json.loads(body)
            readonly = self.registered[name]["settings"].get("readonly", False)
            settings = {"location": str(self.at.folder / "bucket"), "readonly": readonly}
            body = json.dumps({"type": "fs", "settings": settings}).encode()
        connection.request(method, target, body or None, headers)
        answer = connection.getresponse()
        return answer.status, self._translated(path, json.loads(answer.read()))

    def _translated(self, path: str, found: dict[str, Any]) -> dict[str, Any]:
        """Registrations as they were asked for, and nodes with the module that knows buckets."""
        if path == "/_nodes/plugins":
            for node in found["nodes"].values():
                node["modules"].append({"name": "repository-s3"})
        known = {name: self.registered.get(name, told) for name, told in found.items()} if path.startswith("/_snapshot") else found
        return known if path.count("/") <= 2 else found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, recorded: Recorded, *args: Any) -> None:
        self._recorded, server = recorded, recorded.at.server
        context = ssl.create_default_context(cafile=server.ca)
        with closing(HTTPSConnection("127.0.0.1", server.port, context=context)) as self._connection:
            super().__init__(*args)  # which answers all that comes over one connection

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type", "Accept") if name in self.headers}
        status, found = self._recorded.answer(self._connection, (self.command, self.path, body, headers))
        data = json.dumps(found).encode()
        self.send_response(status)
        kind = "application/vnd.elasticsearch+json;compatible-with=8"
        for header in (("X-Elastic-Product", "Elasticsearch"), ("Content-Type", kind), ("Content-Length", str(len(data)))):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def recorded(at: Site, kind: type[Recorded] = Recorded) -> Iterator[Recorded]:
    """The server in front of a target's own; gone at the end."""
    found = kind(at)
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, found))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    found.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield found
    finally:
        http.shutdown()
        http.server_close()
