"""Whatever goes wrong, the true reason is said, nothing is called a success, and nothing is left behind."""

import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from elasticsearch import ApiError
from elasticsearch.helpers import bulk

from tests.sources.elasticsearch.hands import Site, Taken, blob, bring, flip, take
from workers.artifact import Kind, Role
from workers.errors import Corrupt, Permanent, Refused
from workers.sources.elasticsearch import restore, snapshot


def snapshots(at: Site):
    return [(one["snapshot"], one["state"]) for one in at.client.snapshot.get(repository=at.word, snapshot="*").body["snapshots"]]


def slow(at: Site):
    """The repository takes a snapshot slowly."""
    settings = {"location": str(at.options.snapshots), "max_snapshot_bytes_per_sec": "20kb"}
    at.client.snapshot.create_repository(name=at.word, repository={"type": "fs", "settings": settings})


def running(at: Site):
    return at.client.snapshot.status(repository=at.word)["snapshots"]


@pytest.fixture
def taken(at: Site, plain) -> Taken:
    at.fill("posts", 300)
    at.fill("users", 7)
    return take(at.source(), plain)


def test_a_flipped_file_fails_the_next_backup_by_name(at, taken, plain):
    hurt = blob(at.options.snapshots)
    flip(hurt)
    with pytest.raises(Corrupt) as caught:
        take(at.source(), plain)
    assert f"{hurt} is damaged: its CRC" in caught.value.reason
    assert len(snapshots(at)) == 1


def test_a_missing_file_fails_the_next_backup_by_name(at, taken, plain):
    hurt = blob(at.options.snapshots)
    hurt.unlink()
    with pytest.raises(Permanent) as caught:
        take(at.source(), plain)
    assert f"{hurt} is missing from the repository" in caught.value.reason


def test_a_strangers_file_is_in_no_backup(at, taken, plain):
    for name in ("note.txt", "indices/note.txt", "__stranger", "index-7x"):
        (at.options.snapshots / name).write_text("hello")
    again = take(at.source(), plain)
    assert [path for _, path in again.pieces if b"hello" in path.read_bytes()] == []
    bring(at.source(), again, again.order(f"{at.word}x"))


@pytest.mark.parametrize("hurt", [flip, Path.unlink])
def test_a_rebuilt_repository_that_is_not_whole_never_reaches_the_cluster(at, taken, hurt):
    order, source = taken.order(f"{at.word}x"), at.source()
    source.prepare(order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        source.load(order, *piece)
    hurt(blob(next(at.folder.glob("restore-*"))))
    with pytest.raises(Permanent, match=r"is damaged|is missing"):
        source.finish(order, taken.of(Role.POST_DATA))
    assert at.source().place(order.into).empty
    assert at.scratch() == []


def test_a_segment_that_never_came_is_found(at, taken):
    order, source = taken.order(f"{at.word}x"), at.source()
    source.prepare(order, taken.of(Role.SCHEMA))
    with pytest.raises(Permanent, match="is missing from the repository"):
        source.finish(order, taken.of(Role.POST_DATA))


def test_a_shard_that_the_cluster_cannot_restore_takes_all_new_indices_away_again(at, taken, monkeypatch):
    """The proof is switched off: what the cluster itself says about a damaged blob is an accepted restore and a red index."""
    order, source = taken.order(f"{at.word}x"), at.source()
    source.prepare(order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        source.load(order, *piece)
    flip(blob(next(at.folder.glob("restore-*"))))
    monkeypatch.setattr(restore, "proven", lambda *_: None)
    with pytest.raises(
        Permanent, match=r"1 of 2 shards were not restored: .*-posts\[0\]: .*; removed again, half restored as they were"
    ) as caught:
        source.finish(order, taken.of(Role.POST_DATA))
    assert "Exception: " in caught.value.reason
    assert "\n" not in caught.value.reason
    assert at.there() == [at.name("posts"), at.name("users")]
    assert at.client.cluster.health(index=at.name("*"))["status"] == "green"


def test_over_live_indices_only_what_is_broken_is_removed(at, taken, monkeypatch):
    at.client.indices.delete(index=at.name("posts"))
    at.fill("posts", 9)  # else the cluster finds its own files good, and reads none of the backup's
    order, source = taken.order("indices", confirm="posts"), at.source()
    source.prepare(order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        source.load(order, *piece)
    folder = next(at.folder.glob("restore-*"))
    flip(blob(folder))
    monkeypatch.setattr(restore, "proven", lambda *_: None)
    with pytest.raises(Permanent, match=f"removed again, half restored as they were: {at.name('posts')}$"):
        source.finish(order, taken.of(Role.POST_DATA))
    assert at.there() == [at.name("users")]


def test_a_shard_without_a_place_is_told_with_the_reason_of_who_refused_it(at, plain):
    at.fill("posts", 4, settings={"routing.allocation.require.rack": ""})
    taken = take(at.source(), plain)
    at.client.indices.put_settings(index=at.name("posts"), settings={"index.routing.allocation.require.rack": "none"})
    there = take(at.source(), plain)
    with pytest.raises(Permanent, match=r"shards were not restored: .*require.*removed again"):
        bring(at.source(), there, there.order(f"{at.word}x"))
    assert at.there() == [at.name("posts")]
    assert taken.facts.fingerprint != there.facts.fingerprint


@contextmanager
def of_the_cluster(at, settings):
    """Settings of the whole cluster, for the block alone."""
    at.client.cluster.put_settings(persistent=settings)
    try:
        yield
    finally:
        at.client.cluster.put_settings(persistent=dict.fromkeys(settings))


def watermarks(*, looked_at):
    """Every disk is above the low one."""
    disk = "cluster.routing.allocation.disk"
    low = {"low": "9pb", "high": "8pb", "flood_stage": "1b"}
    return {f"{disk}.threshold_enabled": looked_at} | {f"{disk}.watermark.{name}": value for name, value in low.items()}


@pytest.mark.alone
def test_disks_above_their_watermark_are_told_beforehand(at, taken):
    with of_the_cluster(at, watermarks(looked_at=True)):
        with pytest.raises(Refused, match=r"every disk of .* is fuller than its low watermark: no shard would be placed"):
            at.source().prepare(taken.order(f"{at.word}x"), iter(()))
        assert [finding.what for finding in at.source().check() if not finding.ok] == ["disks"]


@pytest.mark.alone
def test_watermarks_that_a_cluster_does_not_look_at_are_no_reason(at, taken):
    with of_the_cluster(at, watermarks(looked_at=False)):
        assert bring(at.source(), taken, taken.order(f"{at.word}x")).counts == taken.facts.counts
        assert [finding.what for finding in at.source().check() if not finding.ok] == []


@pytest.mark.alone
def test_more_shards_than_a_cluster_may_hold_are_refused_by_it_and_nothing_is_left(at, taken):
    """As a thousand small indices are, restored beside themselves on one node: 1,000 shards are its limit."""
    with of_the_cluster(at, {"cluster.max_shards_per_node": 1}), pytest.raises(Permanent, match=r"this action would add \[1\] shards"):
        bring(at.source(), taken, taken.order(f"{at.word}x"))
    assert at.source().place(f"{at.word}x").empty
    assert at.scratch() == []


def test_a_red_index_is_named_before_anything_is_taken(at, plain):
    at.fill("posts", 4)
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "routing.allocation.require.rack": "none"}
    at.client.indices.create(index=at.name("lost"), settings=settings, wait_for_active_shards=0)
    with pytest.raises(Permanent, match=f"red, so no whole snapshot can be taken: {at.name('lost')}"):
        take(at.source(), plain)
    assert snapshots(at) == []


def test_an_index_that_is_named_and_not_there_is_no_backup(at, plain):
    at.fill("posts", 1)
    with pytest.raises(Permanent, match=f"no such index .*{at.name('gone')}"):
        take(at.source(indices=[at.name("posts"), at.name("gone")]), plain)


def test_a_closed_index_is_not_in_the_backup_and_the_backup_says_so(at, plain):
    at.fill("posts", 1)
    at.client.indices.close(index=at.fill("shut", 1))
    taken = take(at.source(), plain)
    assert [count.name for count in taken.facts.counts] == [at.name("posts")]
    assert taken.facts.warnings == (f"closed, so not in the backup: {at.name('shut')}",)


def test_nothing_to_back_up_is_no_backup(at, plain):
    with pytest.raises(Permanent, match="there is nothing to back up"):
        take(at.source(), plain)


def test_a_snapshot_that_runs_already_is_waited_for(at, plain):
    at.fill("posts", 2000)
    slow(at)
    at.client.snapshot.create(repository=at.word, snapshot="theirs", wait_for_completion=False, indices=at.name("*"))
    assert running(at)
    taken = take(at.source(), plain)
    assert snapshots(at) == [("theirs", "SUCCESS"), (dict(taken.facts.extras)["snapshot"], "SUCCESS")]


def test_two_backups_at_once_are_both_whole(at, plain):
    at.fill("posts", 200)
    (plain / "other").mkdir()
    found = []
    other = threading.Thread(target=lambda: found.append(take(at.source(), plain / "other")))
    other.start()
    mine = take(at.source(), plain)
    other.join()
    for number, taken in enumerate([mine, *found]):
        assert bring(at.source(), taken, taken.order(f"{at.word}x{number}")).counts[0].rows == 200


@contextmanager
def under_way(at: Site):
    """A dump whose snapshot has begun."""
    with at.source().dump(Kind.FULL) as dump:
        blocks = next(iter(dump.parts())).blocks
        while not running(at):
            next(blocks)
        yield blocks


def test_an_index_cannot_be_deleted_while_it_is_snapshotted(at):
    """Elasticsearch refuses, so there is nothing for a backup to find out."""
    at.fill("posts", 2000)
    slow(at)
    with under_way(at), pytest.raises(ApiError, match="being snapshotted"):
        at.client.indices.delete(index=at.name("posts"))


def test_an_index_that_is_deleted_just_before_fails_the_backup_by_name(at, plain, monkeypatch):
    at.fill("posts", 9)
    at.fill("users", 5)
    begin = snapshot.begin

    def late(client, options, name):
        at.client.indices.delete(index=at.name("posts"))
        begin(client, options, name)

    monkeypatch.setattr(snapshot, "begin", late)
    with pytest.raises(Permanent, match=f"deleted or closed while the backup began, and not in it: {at.name('posts')}"):
        take(at.source(), plain)
    assert snapshots(at) == []


def test_a_snapshot_that_somebody_deletes_fails_the_backup(at):
    at.fill("posts", 2000)
    slow(at)
    with under_way(at) as blocks:
        at.client.snapshot.delete(repository=at.word, snapshot="canvasback-*")
        with pytest.raises(Permanent, match=r"somebody deleted it|is FAILED"):
            list(blocks)


def test_leaving_a_dump_ends_its_snapshot(at):
    at.fill("posts", 2000)
    slow(at)
    with under_way(at):
        pass
    assert snapshots(at) == []


def test_what_was_written_meanwhile_makes_a_count_an_estimate(at, plain):
    at.fill("posts", 2000)
    at.fill("users", 5)
    slow(at)
    with at.source().dump(Kind.FULL) as dump:
        parts = dump.parts()
        blocks = next(parts).blocks
        while not running(at):
            next(blocks)
        at.fill("posts", 1)
        list(blocks)
        for part in parts:
            list(part.blocks)
        counts = {count.name: (count.rows, count.exact) for count in dump.facts().counts}
    assert counts == {at.name("posts"): (2000, False), at.name("users"): (5, True)}


@pytest.mark.parametrize("told", [{"state": "PARTIAL"}, {"state": "SUCCESS", "failures": [{"index": "p", "shard_id": 1, "reason": "why"}]}])
def test_a_snapshot_that_is_not_whole_is_no_success(at, taken, told, monkeypatch):
    """A single node takes all or nothing, so what a larger cluster would say stands here in its words."""
    name = dict(taken.facts.extras)["snapshot"]
    (good,) = at.client.snapshot.get(repository=at.word, snapshot=name).body["snapshots"]

    class Said:
        body = {"snapshots": [good | told]}  # noqa: RUF012  # never changed

    monkeypatch.setattr(type(at.client.snapshot), "get", lambda *_, **__: Said)
    with pytest.raises(Permanent, match=r"is PARTIAL|is SUCCESS: 0 shards failed: p\[1\]: why"):
        snapshot.judged(at.client, at.word, name)


def test_fifty_small_indices_are_one_backup(at, plain):
    bulk(at.client, ({"_index": at.name(f"small{number:02}")} for number in range(50)))  # which makes them all at once
    taken = take(at.source(), plain)
    assert len(taken.facts.counts) == 50
    outcome = bring(at.source(), taken, taken.order(f"{at.word}x"))
    assert [count.rows for count in outcome.counts] == [1] * 50
    assert at.scratch() == []
