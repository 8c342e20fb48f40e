"""An incremental backup holds what its parent does not, and comes back from the segments of both."""

import pytest

from tests.sources.elasticsearch.hands import Site, Taken, read, take
from workers.artifact import Kind, Role
from workers.errors import Corrupt, Permanent, Refused
from workers.ports import IndexedSource


def since(at: Site, parent: Taken, folder, kind=Kind.INCREMENTAL) -> Taken:
    with at.source().dump_since(kind, parent.of(Role.INDEX)) as dump:
        return read(dump, folder)


def bring(at: Site, line: list[Taken], into: str, *objects: str):
    """From the newest backup and the data of those that it draws on."""
    source, newest = at.source(), line[-1]
    order = source.select(newest.order(into, objects=objects), newest.of(Role.INDEX), [])
    source.prepare(order, newest.of(Role.SCHEMA, Role.INDEX))
    for taken in line:
        if taken is newest or source.draws(newest.facts, taken.facts):
            for piece in taken.of(Role.DATA):
                if order.needs(piece[0]):
                    source.load(order, *piece)
    return {count.name: count.rows for count in source.finish(order, newest.of(Role.SCHEMA, Role.POST_DATA)).counts}


def data(taken: Taken) -> int:
    return sum(segment.plain.bytes for segment, _ in taken.of(Role.DATA))


@pytest.fixture
def full(at: Site, plain) -> Taken:
    at.fill("posts", 3000)
    at.fill("users", 500)
    at.client.indices.forcemerge(index=at.name("*"), max_num_segments=1)
    return take(at.source(), plain)


def test_it_is_a_source_with_an_index(at):
    assert isinstance(at.source(), IndexedSource)


def test_what_is_new_is_small_and_comes_back_with_the_rest(at, full, plain):
    at.fill("posts", 30)
    first = since(at, full, plain)
    at.fill("users", 5)
    second = since(at, first, plain)
    assert data(first) < data(full) / 5
    assert {segment.objects for segment, _ in second.of(Role.DATA)} == {(at.name("users"),)}
    assert bring(at, [full, first, second], f"{at.word}x") == {at.name("posts"): 3030, at.name("users"): 505}
    assert bring(at, [full, first], f"{at.word}y") == {at.name("posts"): 3030, at.name("users"): 500}


def test_where_nothing_changed_there_are_no_data(at, full, plain):
    same = since(at, full, plain, Kind.DIFFERENTIAL)
    assert (data(same), same.facts.fingerprint) == (0, full.facts.fingerprint)
    assert bring(at, [full, same], f"{at.word}x") == {at.name("posts"): 3000, at.name("users"): 500}


def test_single_indices_come_back_from_the_whole_line(at, full, plain):
    at.fill("posts", 30)
    assert bring(at, [full, since(at, full, plain)], f"{at.word}x", at.name("p*")) == {at.name("posts"): 3030}


def test_without_the_segments_of_the_parent_nothing_reaches_the_cluster(at, full, plain):
    at.fill("posts", 30)
    some = since(at, full, plain)
    with pytest.raises(Permanent, match="is missing from the repository"):
        bring(at, [some], f"{at.word}x")
    assert at.source().place(f"{at.word}x").empty


def test_snapshots_that_left_the_repository_are_restored_from_the_backups_all_the_same(at, full, plain):
    at.client.delete(index=at.name("posts"), id="0", refresh=True)
    some = since(at, full, plain)
    at.client.snapshot.delete(repository=at.word, snapshot=dict(full.facts.extras)["snapshot"])
    assert bring(at, [full], f"{at.word}x") == {at.name("posts"): 3000, at.name("users"): 500}
    assert bring(at, [full, some], f"{at.word}y") == {at.name("posts"): 2999, at.name("users"): 500}


def test_a_parent_of_another_repository_makes_everything_new(at, full, plain):
    at.client.snapshot.delete_repository(name=at.word)
    at.options.snapshots.rename(at.folder / "aside")
    again = since(at, full, plain)
    assert not at.source().draws(again.facts, full.facts)
    assert bring(at, [full, again], f"{at.word}x") == {at.name("posts"): 3000, at.name("users"): 500}


def test_an_index_that_is_none_and_a_kind_without_a_parent_are_refused(at, full):
    with pytest.raises(Corrupt, match="index of a snapshot"):
        at.source().dump_since(Kind.INCREMENTAL, full.of(Role.POST_DATA))
    with pytest.raises(Refused, match="has no parent"):
        at.source().dump_since(Kind.FULL, full.of(Role.INDEX))


def test_names_are_found_and_differences_told(at, full):
    source = at.source()
    found = list(source.find(at.name("p*"), full.of(Role.INDEX)))
    assert [(one.path, one.modified) for one in found] == [(at.name("posts"), full.facts.snapshot)]
    assert found[0].bytes > 1000
    assert list(source.compare(full.of(Role.INDEX))) == []
    at.fill("posts", 1)
    at.fill("new", 2)
    at.client.indices.delete(index=at.name("users"))
    told = {one.path: one.words for one in source.compare(full.of(Role.INDEX))}
    assert told == {
        at.name("posts"): "3001 documents, 3000 in the backup",
        at.name("new"): "is new: 2 documents",
        at.name("users"): "is gone, or closed; 500 documents in the backup",
    }
    at.fill("users", 500)
    assert {one.path: one.words for one in source.compare(full.of(Role.INDEX))}[at.name("users")].startswith("was made anew: 500 documents")
