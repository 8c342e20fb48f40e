"""A cluster that is killed while it takes a snapshot fails the run; started again, the next backup is whole. A server of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.elasticsearch import Elasticsearch
from tests.servers import have_java
from tests.sources.elasticsearch.hands import bring, site, take
from tests.sources.elasticsearch.test_faults import running, slow
from workers.artifact import Kind
from workers.errors import Transient


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Elasticsearch]:
    have_java()
    server = Elasticsearch(tmp_path / "server", tls=True)
    yield server.start()
    server.discard()


@pytest.mark.timeout(420)
def test_the_run_fails_with_the_reason_and_the_next_one_is_whole(own, plain):
    with site(own) as at:
        at.fill("posts", 3000)
        slow(at)
        with at.source().dump(Kind.FULL) as dump:
            blocks = next(iter(dump.parts())).blocks
            while not running(at):
                next(blocks)
            own.kill()
            with pytest.raises(Transient, match="no Elasticsearch answers at https"):
                list(blocks)
        del at.client
        own.start()
        taken = take(at.source(), plain)
        assert bring(at.source(), taken, taken.order(f"{at.word}x")).counts[0].rows == 3000
        states = [one["state"] for one in at.client.snapshot.get(repository=at.word, snapshot="*").body["snapshots"]]
        assert states == ["SUCCESS"]
        assert at.scratch() == []
