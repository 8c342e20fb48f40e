"""Data streams are carried whole, and come back as streams: renamed, where they are gone, or over what they were.

The build that runs here makes a stream when a document is put into one, and cannot delete any: those of the tests stay.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch.helpers import bulk

from tests.sources.elasticsearch.hands import Site, Taken, bring, site, take
from workers.artifact import Role
from workers.errors import Refused
from workers.sources.elasticsearch import snapshot


def log(at: Site, name: str, documents: int) -> str:
    """Some documents in a data stream, which is made where it is not there."""
    whole, stamp = at.name(name), "2026-11-22T00:00:00Z"
    bulk(at.client, ({"_op_type": "create", "_index": whole, "@timestamp": stamp, "n": n} for n in range(documents)), refresh=True)
    return whole


def template(at: Site, **more: object) -> None:
    """What a stream of this target is made by."""
    pattern = {"settings": {"number_of_shards": 1, "number_of_replicas": 0}, **more}
    at.client.indices.put_index_template(name=at.word, index_patterns=[f"{at.word}-logs*"], data_stream={}, template=pattern)


def made(at: Site, plain: Path) -> Taken:
    """A backup of a stream of two indices with an alias, and of an index that stands alone."""
    template(at)
    log(at, "logs", 5)
    at.client.indices.rollover(alias=at.name("logs"))
    log(at, "logs", 3)
    at.client.indices.put_alias(index=at.name("logs"), name=at.name("all"))
    at.fill("posts", 7)
    return take(at.source(), plain)


@pytest.fixture(scope="module")
def world(elasticsearch, tmp_path_factory) -> Iterator[tuple[Site, Taken]]:
    """What no test changes."""
    with site(elasticsearch) as at:
        yield at, made(at, tmp_path_factory.mktemp("plain"))


@pytest.fixture
def at(world) -> Site:
    return world[0]


@pytest.fixture
def taken(world) -> Taken:
    return world[1]


@pytest.fixture
def into(at) -> str:
    return f"{at.word}x{secrets.token_hex(2)}"


def streams(at: Site) -> dict[str, list[str]]:
    found = at.client.indices.resolve_index(name=f"*{at.word}*", expand_wildcards="all").body["data_streams"]
    return {stream["name"]: sorted(stream["backing_indices"]) for stream in found}


def test_a_stream_is_counted_index_by_index_and_its_aliases_are_noted(taken, at):
    indices = streams(at)[at.name("logs")]
    counts = {count.name: count.rows for count in taken.facts.counts}
    assert counts == {indices[0]: 5, indices[1]: 3, at.name("posts"): 7}
    extras = dict(taken.facts.extras)
    assert extras["data_streams"] == at.name("logs")
    assert at.name("all") in extras[f"stream:{at.name('logs')}"]


def test_its_indices_are_found_by_its_name(taken, at):
    found = at.source().find(at.name("lo*"), taken.of(Role.INDEX))
    assert sorted(one.path for one in found) == streams(at)[at.name("logs")]


@pytest.mark.parametrize("aliases", ["own", "always"])
def test_it_comes_back_under_a_new_name_as_a_stream_with_aliases_where_they_are_wanted(taken, at, into, aliases):
    outcome = bring(at.source(aliases=aliases), taken, taken.order(into))
    assert sum(count.rows for count in outcome.counts) == 15
    name = f"{into}-{at.name('logs')}"
    indices = streams(at)[name]
    assert [index.startswith(f".ds-{name}-") for index in indices] == [True, True]
    assert (at.count(name), at.count(at.name("logs"))) == (8, 8)
    found = at.client.indices.get_alias(index=name).body.get(name, {"aliases": {}})["aliases"]
    assert list(found) == ([at.name("all")] if aliases == "always" else [])
    assert f"without the index template that makes their next index: {name}" in outcome.warnings[0]
    assert at.scratch() == []


def test_the_stream_or_one_of_its_indices_names_all_of_it(taken, at, into):
    for number, named in enumerate((at.name("logs"), streams(at)[at.name("logs")][0])):
        order = at.source().select(taken.order(f"{into}{number}", objects=(named,)), taken.of(Role.INDEX), [])
        assert sum(count.rows for count in bring(at.source(), taken, order).counts) == 8


def test_an_index_that_a_stream_went_on_to_while_the_backup_began_comes_back_with_it(elasticsearch, plain, monkeypatch):
    """Else the cluster would restore it with its stream, from files that the backup does not bring."""
    with site(elasticsearch) as own:
        template(own)
        log(own, "logs", 5)
        begin = snapshot.begin

        def late(client, options, name):
            own.client.indices.rollover(alias=own.name("logs"))
            log(own, "logs", 2)
            begin(client, options, name)

        monkeypatch.setattr(snapshot, "begin", late)
        taken = take(own.source(), plain)
        assert [(count.rows, count.exact) for count in taken.facts.counts] == [(5, True), (2, False)]
        assert taken.facts.warnings == ()
        bring(own.source(), taken, taken.order(f"{own.word}x"))
        assert own.count(f"{own.word}x-{own.name('logs')}") == 7


def test_a_stream_that_was_made_while_the_restore_was_prepared_is_not_replaced(taken, at):
    order, source = taken.order(f"{at.word}-logs2"), at.source()
    source.prepare(order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        source.load(order, *piece)
    log(at, f"logs2-{at.name('logs')}", 1)
    with pytest.raises(Refused, match=r"data stream .* exists: restore under a name"):
        source.finish(order, taken.of(Role.POST_DATA))
    assert at.count(f"{at.word}-logs2-{at.name('logs')}") == 1
    assert at.scratch() == []


def test_it_is_restored_over_with_a_confirmation_alone_and_not_once_it_went_on(elasticsearch, plain):
    """Elasticsearch would replace a stream that went on without a word, and leave its newest index alone behind."""
    with site(elasticsearch) as own:
        taken = made(own, plain)
        log(own, "logs", 4)
        place, before = own.source().place("indices"), streams(own)
        assert (place.exists, place.rows) == (True, 19)
        with pytest.raises(Refused, match=f"data stream {own.name('logs')} exists: restore under a name, or confirm"):
            own.source().prepare(taken.order("indices"), iter(()))
        bring(own.source(), taken, taken.order("indices", confirm="posts"))
        assert (own.count(own.name("logs")), own.count(own.name("all")), streams(own)) == (8, 8, before)
        log(own, "logs", 1)
        assert own.count(own.name("logs")) == 9
        own.client.indices.rollover(alias=own.name("logs"))
        with pytest.raises(Refused, match=r"000003, which the backup does not have .*: delete the stream first \(DELETE /_data_stream"):
            own.source().prepare(taken.order("indices", confirm="posts"), iter(()))
        assert own.count(own.name("logs")) == 9
