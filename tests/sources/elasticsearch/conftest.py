"""A real server, shared by all tests: each has indices, repository and folder of its own, and leaves nothing behind."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.elasticsearch import Elasticsearch
from tests.sources.elasticsearch.hands import Site, site
from workers.sources.elasticsearch import repository, restore, snapshot


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little data is there soon: look more often than is kind to a cluster."""
    for module in (repository, restore, snapshot):
        monkeypatch.setattr(module, "LOOK", 0.02)
    monkeypatch.setattr(restore, "REST", 1)


@pytest.fixture(autouse=True)
def _turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """All processes of the session share the server: a test marked `alone` changes it for everybody, and waits until nobody is there."""
    if "elasticsearch" not in request.fixturenames:
        yield
        return
    place = request.getfixturevalue("elasticsearch").folder.parent
    with (place / "gate").open("a") as gate, (place / "room").open("a") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)  # who waits for an empty room holds it, so that nobody else gets in before
        fcntl.flock(room, fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture
def at(elasticsearch: Elasticsearch) -> Iterator[Site]:
    """A target of its own on the shared server."""
    with site(elasticsearch) as made:
        yield made


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Where the segments of a dump lie."""
    folder = tmp_path / "plain"
    folder.mkdir()
    return folder
