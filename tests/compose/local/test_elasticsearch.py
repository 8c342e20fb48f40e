"""Elasticsearch on the loopback: nobody's process, a password, TLS, and one folder in which repositories may lie."""

import os
import ssl
from pathlib import Path

import pytest
from elastic_transport import ConnectionError as NoConnection
from elasticsearch import ApiError, AuthenticationException
from elasticsearch import Elasticsearch as Client

from compose.local.elasticsearch import ADMIN, NOBODY, Elasticsearch


def test_it_takes_documents_and_gives_them_back(elasticsearch: Elasticsearch) -> None:
    with elasticsearch.client() as client:
        client.index(index="here", id="1", document={"title": "hello"}, refresh=True)
        assert client.get(index="here", id="1")["_source"] == {"title": "hello"}
        client.indices.delete(index="here")


def test_it_never_runs_as_root(elasticsearch: Elasticsearch) -> None:
    assert Path(f"/proc/{elasticsearch.pid}").stat().st_uid == (os.geteuid() or NOBODY)


def test_it_wants_the_password_and_its_certificate_is_signed_by_its_own_authority(elasticsearch: Elasticsearch) -> None:
    with elasticsearch.client(basic_auth=(ADMIN, "wrong")) as client, pytest.raises(AuthenticationException):
        client.cluster.health()
    strange = Client(elasticsearch.url, ssl_context=ssl.create_default_context(), max_retries=0)
    with strange, pytest.raises(NoConnection):
        strange.cluster.health()


def test_the_password_is_in_a_closed_file_and_nowhere_else(elasticsearch: Elasticsearch) -> None:
    assert (elasticsearch.folder / "password").stat().st_mode & 0o777 == 0o600
    shown = [Path(f"/proc/{elasticsearch.pid}/cmdline").read_text(), repr(elasticsearch), elasticsearch.log.read_text()]
    assert [text for text in (*shown, *elasticsearch.addresses) if elasticsearch.password in text] == []


def test_a_repository_lies_in_its_folder_or_nowhere(elasticsearch: Elasticsearch) -> None:
    with elasticsearch.client() as client:
        client.snapshot.create_repository(name="in", repository={"type": "fs", "settings": {"location": str(elasticsearch.repo / "in")}})
        client.snapshot.delete_repository(name="in")
        with pytest.raises(ApiError, match=r"path\.repo"):
            client.snapshot.create_repository(name="out", repository={"type": "fs", "settings": {"location": "/var/tmp/elsewhere"}})


def test_another_server_on_the_port_is_not_taken_for_this_one(elasticsearch: Elasticsearch, folder: Path) -> None:
    other = Elasticsearch(folder / "second", port=elasticsearch.port)
    other.folder.mkdir()
    (other.folder / "password").write_text(elasticsearch.password)
    assert not other.ready()
