"""The source `redis` keeps the contract of every source: into another server, and into a file."""

import pytest

from tests.contracts.source import Made, SourceContract
from workers.sources.redis.source import RedisSource


class TestIntoAnotherServer(SourceContract):
    @pytest.fixture
    def made(self, full, redis7):
        free = redis7(password=full.password)
        source = full.server()
        return Made(RedisSource(source.options, source.password), f"127.0.0.1:{free.port}", "redis")


class TestIntoAFile(SourceContract):
    @pytest.fixture
    def made(self, full):
        source = full.server()
        return Made(RedisSource(source.options, source.password), "redis_restored", "redis")
