"""Failure stores of data streams, against answers of the documented API: the build that runs here cannot make one (see `recorded`).

A failure store is made of hidden indices, `.fs-<stream>-…`, that a snapshot of the stream takes and its restore brings. Here such an index
is a real one, and what tells it to belong to the stream is put into the answers of Elasticsearch 8.19, into snapshots and into restores.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPSConnection

import pytest

from tests.sources.elasticsearch.hands import SMALL, Site, Taken, bring, site, take
from tests.sources.elasticsearch.recorded import Answer, Ask, Recorded, recorded
from tests.sources.elasticsearch.test_streams import log, template
from workers.artifact import Role
from workers.errors import Permanent, Refused
from workers.sources.elasticsearch import place
from workers.sources.elasticsearch.source import ElasticsearchSource


@dataclass
class Failing(Recorded):
    """A server whose stream `logs` has a failure store. `hidden`: the user has no right to see it."""

    hidden: bool = False

    @property
    def store(self) -> str:
        return f".fs-{self.at.name('logs')}-2026.11.22-000002"

    def source(self, **changes: object) -> ElasticsearchSource:
        return super().source(**({"bucket": None, "base_path": ""} | changes))

    def answer(self, connection: HTTPSConnection, ask: Ask) -> Answer:
        method, target, body, headers = ask
        asked = json.loads(body) if body and "/_snapshot/" in target else {}
        if "indices" in asked:
            body = json.dumps(asked | {"indices": [*asked["indices"], self.store]}).encode()
        status, found = super().answer(connection, (method, target, body, headers))
        if target.startswith("/_resolve/index/"):
            if self.hidden:
                found["indices"] = [index for index in found["indices"] if index["name"] != self.store]
            for index in found["indices"]:
                index |= {"data_stream": self.at.name("logs")} if index["name"] == self.store else {}
        if method == "GET" and self.store in found and "settings" in found[self.store]:
            found[self.store]["data_stream"] = self.at.name("logs")
        return status, found


@pytest.fixture
def failing(elasticsearch) -> Iterator[Failing]:
    with site(elasticsearch) as at, recorded(at, Failing) as found:
        template(at)
        log(at, "logs", 5)
        at.client.indices.create(index=found.store, settings={**SMALL, "hidden": True})
        for word in ("one", "two"):
            at.client.index(index=found.store, document={"error": word})
        yield found


def counts(taken: Taken) -> dict[str, int]:
    return {count.name: count.rows for count in taken.facts.counts if count.exact}


def test_it_is_counted_found_and_restored_with_its_stream(failing, plain):
    at: Site = failing.at
    taken = take(failing.source(), plain)
    stream = next(name for name in counts(taken) if name != failing.store)
    assert (counts(taken), taken.facts.warnings) == ({stream: 5, failing.store: 2}, ())
    assert sorted(one.path for one in failing.source().find(at.name("logs"), taken.of(Role.INDEX))) == [stream, failing.store]
    assert list(failing.source().compare(taken.of(Role.INDEX))) == []
    at.client.index(index=failing.store, document={"error": "three"}, refresh=True)
    log(at, "logs", 1)
    outcome = bring(failing.source(), taken, taken.order("indices", confirm="posts"))
    assert {count.name: count.rows for count in outcome.counts} == counts(taken)
    assert (at.count(at.name("logs")), at.count(failing.store)) == (5, 2)


def test_it_is_called_by_the_name_that_elasticsearch_gives_it_where_its_stream_is_renamed(failing, plain):
    order = take(failing.source(), plain).order("again")
    stream = failing.at.name("logs")
    assert place.renamed(order, failing.store) == f".fs-again-{stream}-2026.11.22-000002"
    assert failing.store in place.chosen(replace(order, objects=(stream,)))
    assert place.requested(order) == (stream,)


def test_one_that_went_on_since_the_backup_is_not_restored_over(failing, plain):
    taken = take(failing.source(), plain)
    known = [count for count in taken.facts.counts if count.name != failing.store]
    order = taken.order("indices", confirm="posts", facts=replace(taken.facts, counts=tuple(known)))
    with pytest.raises(Refused, match=rf"has {failing.store}, which the backup does not have .*delete the stream first"):
        failing.source().prepare(order, iter(()))


def test_one_that_the_user_may_not_see_is_no_backup_without_it(failing, plain):
    failing.hidden = True
    with pytest.raises(Permanent, match=f"hidden from this user, so not to be counted: {failing.store}; the rights"):
        take(failing.source(), plain)
