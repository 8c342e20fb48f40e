"""What stands against a restore is found before anything is done, and said in one sentence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.sources.elasticsearch.hands import Site, Taken, take
from workers.artifact import Facts, Order
from workers.errors import Refused
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.place import chosen, readable
from workers.sources.elasticsearch.state import Cluster


@pytest.fixture
def taken(at: Site, plain) -> Taken:
    at.fill("posts", 4, aliases={at.name("all"): {}})
    return take(at.source(), plain)


def refused(at, order, words, **options):
    with pytest.raises(Refused, match=words):
        at.source(**options).prepare(order, iter(()))
    assert at.scratch() == []


@pytest.mark.parametrize("into", ["", "UP", "-x", "a b", "a/b", "*", "ü"])
def test_a_word_that_cannot_begin_a_name_is_refused(at, into):
    with pytest.raises(Refused, match="cannot begin the name of an index"):
        at.source().place(into)


def test_an_index_that_is_named_and_gone_leaves_the_place_empty(at):
    at.fill("posts", 1)
    found = at.source(indices=[at.name("gone")]).place("indices")
    assert (found.exists, found.empty) == (False, True)


def test_a_closed_index_stands_in_the_way_too(at):
    at.client.indices.close(index=at.fill("posts", 4))
    found = at.source().place("indices")
    assert (found.exists, found.empty, found.rows) == (True, False, 0)


def test_an_alias_with_the_name_of_an_index_that_comes_is_named(at, taken):
    at.client.indices.delete(index=at.name("posts"))
    at.fill("other", 1, aliases={at.name("posts"): {}})
    refused(at, taken.order("indices"), f"{at.name('posts')}: an alias or data stream of")


def test_an_index_with_the_name_of_an_alias_that_comes_is_named(at, taken):
    at.client.indices.delete(index=at.name("posts"))
    at.fill("all", 1)
    refused(at, taken.order("indices"), f"{at.name('all')}: an index has the name of an alias")
    at.source(aliases="never").prepare(taken.order("indices"), iter(()))


def test_a_name_that_the_backup_does_not_hold_is_refused(at, taken):
    refused(at, taken.order("indices", objects=("nothing*",)), r"holds no index nothing\*; it holds")
    assert chosen(taken.order("indices", objects=(at.name("p*"),))) == (at.name("posts"),)


@pytest.mark.parametrize(
    ("made", "cluster", "good"),
    [
        ("8.19.0", "8.19.0", True),
        ("8.19.0", "8.19.4", True),
        ("8.19.0", "9.1.0", True),
        ("7.17.9", "8.19.0", True),
        ("8.19.0", "8.11.4", False),
        ("8.19.1", "8.19.0", False),
        ("9.0.0", "8.19.0", False),
        ("7.17.9", "9.0.0", False),
    ],
)
def test_a_cluster_reads_its_own_version_and_older_back_to_the_major_before(made, cluster, good):
    options = ElasticsearchOptions(url="https://search1:9200", user="canvasback", folder="/srv/search")
    order = Order("b", "indices", "indices", Facts("u", "elasticsearch", made, "indices", datetime.now(UTC)))
    if good:
        readable(options, order, Cluster("u", cluster))
    else:
        with pytest.raises(Refused, match=f"was made by Elasticsearch {made}, and .* is {cluster}, which cannot read it"):
            readable(options, order, Cluster("u", cluster))


def test_a_backup_of_a_newer_cluster_is_refused_beforehand(at, taken):
    order = taken.order("indices")
    refused(at, replace(order, facts=replace(order.facts, version="8.20.0")), "cannot read it: it needs 8.20 or later")


def test_more_than_the_disks_hold_is_refused(at, taken):
    order = taken.order(f"{at.word}x")
    huge = tuple((key, value.replace('"bytes": ', '"bytes": 9999999999')) for key, value in order.facts.extras)
    refused(at, replace(order, facts=replace(order.facts, extras=huge)), "bytes of disk free and the restore needs 9999999999")
