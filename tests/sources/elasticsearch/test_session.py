"""How the cluster is spoken to: by a proven certificate, with a password or an API key, and every refusal in one clear sentence."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from compose.local.server import free_port
from tests.sources.elasticsearch.hands import Site
from workers.errors import Permanent, Refused, Transient
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.source import ElasticsearchSource
from workers.sources.elasticsearch.state import look


def asked(server: Server) -> None:
    with server.session("looking") as client:
        look(client)


def test_a_wrong_password_is_one_sentence(at: Site):
    with pytest.raises(Permanent, match="refuses user 'canvasback' or its password; check this target's secret") as caught:
        asked(Server(at.options, SecretStr("hunter2")))
    assert "hunter2" not in caught.value.reason


def test_a_certificate_that_nobody_vouches_for_is_one_sentence(at: Site):
    with pytest.raises(Permanent, match=r"no TLS with https.*check ca_file"):
        asked(at.login(ca_file=None))


def test_a_file_of_authorities_that_is_missing_is_named(at: Site, tmp_path):
    with pytest.raises(Refused, match=r"ca\.crt is missing \(ca_file of this target\)"):
        asked(at.login(ca_file=tmp_path / "ca.crt"))


def test_a_cluster_that_is_away_may_come_back(at: Site):
    with pytest.raises(Transient, match=r"no Elasticsearch answers at http://127\.0\.0\.1"):
        asked(at.login(url=f"http://127.0.0.1:{free_port()}", ca_file=None))


def test_no_secret_is_printed(at: Site):
    source = ElasticsearchSource(at.options, SecretStr("hunter2"))
    assert "hunter2" not in repr(source) + repr(source._server)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Answers as the documented API does; keeps what it was told about who asks. The build that runs here cannot make API keys."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers.get("Authorization", ""))
            body = b'{"nodes": {"n": {"version": "8.19.0"}}, "cluster_uuid": "u"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}", heard
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize(
    ("login", "header"), [({"api_key": True}, "ApiKey a2V5"), ({"nopass": True}, ""), ({"user": "me"}, "Basic bWU6YTJWNQ==")]
)
def test_each_login_is_told_as_elasticsearch_wants_it(listener, login, header, tmp_path):
    url, heard = listener
    asked(Server(ElasticsearchOptions(url=url, folder=tmp_path, **login), SecretStr("a2V5")))
    assert set(heard) == {header}
