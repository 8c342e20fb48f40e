"""Fixtures: real servers as child processes, started when a test first asks for them and shared by the whole session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.redis import Redis
from compose.local.s3 import S3
from compose.local.slack import Sink


@pytest.fixture(scope="session")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MySQL]:
    with MySQL(tmp_path_factory.mktemp("mysql")) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


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
