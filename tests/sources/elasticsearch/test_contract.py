"""Elasticsearch does what every source must."""

import pytest

from tests.contracts.source import Made, SourceContract
from tests.sources.elasticsearch.hands import Site


class TestElasticsearch(SourceContract):
    @pytest.fixture
    def made(self, at: Site) -> Made:
        at.fill("posts", 30, aliases={at.name("all"): {}})
        at.fill("users", 5)
        return Made(at.source(), f"{at.word}x", "indices")
