"""A real server, shared by all tests: each has indices, repository and folder of its own, and leaves nothing behind."""

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
