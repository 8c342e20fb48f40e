"""Fixtures: real servers as child processes, started when a test first asks for them and shared by the whole session."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local import elasticsearch as search
from compose.local.cache import locked
from compose.local.database import Database
from compose.local.elasticsearch import Elasticsearch
from compose.local.java import NoJava
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.redis import Redis
from compose.local.s3 import S3
from compose.local.slack import Sink


@pytest.fixture(scope="session")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MySQL]:
    server = MySQL(tmp_path_factory.mktemp("mysql"), sync_binlog="0").start()  # as MariaDB's is by itself
    yield server
    server.kill()  # nobody reads its data any more


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    server = MariaDB(tmp_path_factory.mktemp("mariadb")).start()
    yield server
    server.kill()


@pytest.fixture(scope="session", params=["mysql", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each flavour in turn."""
    server: Database = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with S3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def slack() -> Iterator[Sink]:
    sink = Sink().start()
    yield sink
    sink.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    """One server that speaks TLS, shared by all processes of the session, for it takes 800 MB; the last one ends it."""
    have_java()
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "elasticsearch"
    place.mkdir(exist_ok=True)
    users = place / "users"
    with locked(place / "lock"):
        users.write_text(str(int(users.read_text() if users.exists() else "0") + 1))
        server = Elasticsearch(place / "server", tls=True, detached=True).start()
    yield server
    with locked(place / "lock"):
        left = int(users.read_text()) - 1
        users.write_text(str(left))
        if not left:
            server.discard()


def have_java() -> None:
    """Skip, saying why, where this machine can have no JDK; never in CI."""
    try:
        search.program()
    except NoJava as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
