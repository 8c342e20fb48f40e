"""Repositories in S3, against answers of the documented API: the build that runs here knows no buckets (see `recorded`)."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.sources.elasticsearch.hands import BACKUP_ID, Site, Taken, bring, read, site, take
from tests.sources.elasticsearch.recorded import Recorded, recorded, refused
from workers.artifact import Kind, Role
from workers.errors import Corrupt, Permanent, Transient
from workers.sources.elasticsearch import bucket, restore
from workers.sources.elasticsearch.state import Cluster


@pytest.fixture(scope="module")
def world(elasticsearch, tmp_path_factory) -> Iterator[tuple[Recorded, Taken]]:
    """Two indices, and a backup of them in a bucket. No test changes them."""
    with site(elasticsearch) as at, recorded(at) as found:
        at.fill("posts", 300, aliases={at.name("all"): {}})
        at.fill("users", 7)
        yield found, take(found.source(), tmp_path_factory.mktemp("plain"))


@pytest.fixture
def s3(world) -> Recorded:
    """Answers as documented, until the test says otherwise."""
    world[0].said.clear()
    return world[0]


@pytest.fixture
def taken(world) -> Taken:
    return world[1]


@pytest.fixture
def at(s3) -> Site:
    return s3.at


@pytest.fixture
def into(at) -> Iterator[str]:
    """A word for a restore, whose indices are gone at the end."""
    word = f"{at.word}x{secrets.token_hex(2)}"
    yield word
    if there := [name for name in at.there() if name.startswith(word)]:
        at.client.indices.delete(index=there)


@pytest.fixture
def own(elasticsearch) -> Iterator[Recorded]:
    """A target of the test's own, with one index."""
    with site(elasticsearch) as made, recorded(made) as found:
        made.fill("posts", 50)
        yield found


def snapshots(at: Site) -> list[str]:
    return [one["snapshot"] for one in at.client.snapshot.get(repository=at.word, snapshot="*").body["snapshots"]]


def integrity(s3: Recorded, found: dict) -> None:
    s3.said["POST", f"/_snapshot/{s3.at.word}/_verify_integrity"] = (200, found)


def test_a_backup_is_the_record_of_a_snapshot_that_the_cluster_put_into_the_bucket(s3, taken, at):
    wanted = {"bucket": "backups", "base_path": f"search/{at.word}", "client": "default"}
    assert s3.registered[at.word] == {"type": "s3", "settings": wanted}
    assert [segment.role for segment, _ in taken.pieces] == [Role.SCHEMA, Role.INDEX]
    extras = dict(taken.facts.extras)
    assert (extras["bucket"], extras["base_path"]) == ("backups", f"search/{at.word}")
    assert int(extras["plain_bytes"]) == int(extras["stored_bytes"]) > taken.bytes
    assert {count.name: count.rows for count in taken.facts.counts} == {at.name("posts"): 300, at.name("users"): 7}
    assert extras["snapshot"] in snapshots(at)
    assert taken.facts.warnings == ()


def test_each_backup_asks_all_nodes_and_for_every_file(own, plain):
    take(own.source(), plain)
    asked = [path for method, path in own.asked if method == "POST" and path.startswith("/_snapshot")]
    assert asked == [f"/_snapshot/{own.at.word}/_verify", f"/_snapshot/{own.at.word}/_verify_integrity"]


def test_it_comes_back_renamed_through_a_registration_that_cannot_write(s3, taken, at, into):
    outcome = bring(s3.source(), taken, taken.order(into))
    assert {count.name: count.rows for count in outcome.counts} == {at.name("posts"): 300, at.name("users"): 7}
    settings = s3.registered[f"canvasback-restore-{BACKUP_ID[-8:]}"]["settings"]
    assert settings == {"bucket": "backups", "base_path": f"search/{at.word}", "client": "default", "readonly": True}
    assert at.scratch() == []


def test_every_backup_is_whole_stores_what_is_new_and_old_ones_go_through_the_api_alone(own, plain):
    at, source = own.at, own.source(keep=timedelta(0))
    first = take(source, plain)
    at.fill("posts", 3)
    with source.dump_since(Kind.INCREMENTAL, first.of(Role.INDEX)) as dump:
        second = read(dump, plain)
    extras, old = dict(second.facts.extras), dict(first.facts.extras)["snapshot"]
    assert int(extras["stored_bytes"]) < int(extras["plain_bytes"])
    assert not source.draws(second.facts, first.facts)
    assert snapshots(at) == [old, extras["snapshot"]]  # the newest good one stays until there is another
    take(source, plain)
    assert [path for method, path in own.asked if method == "DELETE"] == [f"/_snapshot/{at.word}/{old}"]
    bring(source, second, second.order("indices", confirm="posts"))
    assert at.count(at.name("posts")) == 53
    with pytest.raises(Permanent, match=rf"{old} of backup .* is no longer in backups/search/{at.word}: the target's `keep` has run out"):
        bring(source, first, first.order(f"{at.word}x"))
    assert at.scratch() == []


def test_what_is_missing_in_the_bucket_fails_the_backup_and_its_snapshot_is_deleted(s3, at, plain):
    before = snapshots(at)
    entry = {"anomaly": "missing blob", "blob_name": "__5ri2Y", "index": {"name": at.name("posts")}, "shard_id": 0}
    integrity(s3, {"log": [{"timestamp_in_millis": 1}, entry], "results": {"total_anomalies": 1, "result": "fail"}})
    with pytest.raises(Corrupt, match=r"in bucket backups is damaged, 1 anomalies counted: .*missing blob.*__5ri2Y"):
        take(s3.source(), plain)
    assert snapshots(at) == before


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"log": []}, "is damaged, no anomalies counted"),  # an answer that was cut short has no results
        ({"log": [], "results": {"total_anomalies": 0, "result": "inconclusive due to concurrent writes"}}, "somebody else uses it"),
    ],
)
def test_nothing_but_a_pass_is_one(s3, plain, found, words):
    integrity(s3, found)
    with pytest.raises(Permanent, match=words):
        take(s3.source(), plain)


def test_an_older_cluster_that_cannot_look_is_told_and_who_does_not_want_it_is_not_asked(s3, taken, at):
    options = s3.source().options
    with s3.source()._server.session("proving") as client:
        assert "8.16 and later can" in bucket.proven(client, options, Cluster("u", "8.11.4"))[0]
        before = len(s3.asked)
        assert bucket.proven(client, options.model_copy(update={"integrity": False}), Cluster("u", "8.19.0")) == ()
    assert s3.asked[before:] == [("POST", f"/_snapshot/{at.word}/_verify")]


DENIED = "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: Y4SCJM79F5S3DWYX)"
AWAY = "Unable to execute HTTP request: Connect to s3.eu-central-1.amazonaws.com:443 failed: connect timed out"


@pytest.mark.parametrize(
    ("cause", "kind", "words"), [(DENIED, Permanent, r"AccessDenied.*s3\.client\.default"), (AWAY, Transient, "timed out")]
)
def test_a_bucket_that_the_cluster_cannot_use_is_one_sentence(s3, plain, cause, kind, words):
    s3.said["PUT", "/_snapshot/new"] = refused(
        "repository_verification_exception", "[new] path [search] is not accessible on master node", cause
    )
    with pytest.raises(kind, match=rf"cannot use bucket backups: .*{words}") as caught:
        take(s3.source(repository="new", base_path="new"), plain)
    assert type(caught.value) is kind


def test_a_client_that_the_cluster_does_not_know_is_named(s3, plain):
    reason = "Unknown s3 client name [offsite]. Existing client configs: default"
    s3.said["PUT", "/_snapshot/new"] = (400, {"error": {"type": "illegal_argument_exception", "reason": reason}, "status": 400})
    with pytest.raises(Permanent, match=r"Unknown s3 client name \[offsite\].*check .* s3\.client\.offsite in"):
        take(s3.source(repository="new", client="offsite"), plain)


def test_another_bucket_under_the_name_of_the_repository_is_refused(s3, taken, plain):
    with pytest.raises(Permanent, match=r"is another one \(s3, backups/search/.*\): give this target's `repository` a name of its own"):
        take(s3.source(bucket="elsewhere"), plain)


def test_another_snapshot_of_the_same_name_is_not_restored(s3, taken, at, into):
    extras = tuple((key, "0" if key == "files" else value) for key, value in taken.facts.extras)
    order = taken.order(into, facts=replace(taken.facts, extras=extras))
    with pytest.raises(Corrupt, match="is not the one of backup"):
        bring(s3.source(), taken, order)
    assert s3.source().place(into).empty
    assert at.scratch() == []


def test_a_shard_that_is_not_done_is_no_success(s3, taken, at, into):
    name = dict(taken.facts.extras)["snapshot"]
    told = at.client.snapshot.status(repository=at.word, snapshot=name).body
    told["snapshots"][0]["indices"][at.name("posts")]["shards"]["0"]["stage"] = "FAILURE"
    s3.said["GET", f"/_snapshot/canvasback-restore-{BACKUP_ID[-8:]}/{name}/_status"] = (200, told)
    with pytest.raises(Permanent, match=rf"not whole .*{at.name('posts')}\[0\]: FAILURE"):
        bring(s3.source(), taken, taken.order(into))
    assert at.scratch() == []


def test_what_a_lost_restore_registered_is_gone_when_the_next_begins(s3, taken, at, into):
    settings = {"bucket": "backups", "base_path": f"search/{at.word}", "readonly": True}
    with s3.source()._server.session("losing") as client:
        client.snapshot.create_repository(name="canvasback-restore-dead", repository={"type": "s3", "settings": settings})
    s3.source().prepare(taken.order(into), iter(()))
    assert ("DELETE", "/_snapshot/canvasback-restore-dead") in s3.asked


def test_a_data_stream_that_was_half_restored_is_deleted_whole(s3, at):
    s3.said["DELETE", f"/_data_stream/{at.word}x-logs"] = (200, {"acknowledged": True})
    s3.said["GET", "/_resolve/index/*"] = (200, {"indices": [], "aliases": [], "data_streams": []})
    with s3.source()._server.session("removing what was half restored") as client:
        restore._delete(client, [f".ds-{at.word}x-logs-2026.11.22-000001"], [f"{at.word}x-logs"])
    assert [path for method, path in s3.asked if method == "DELETE"][-1] == f"/_data_stream/{at.word}x-logs"


def test_the_doctor_asks_every_node_for_the_bucket(s3, taken):
    found = {finding.what: finding for finding in s3.source().check()}
    assert [finding for finding in found.values() if not finding.ok] == []
    assert "path.repo" not in found
    assert found["nodes"].found == "1 can write to the bucket and read what another one wrote"


def test_the_real_build_without_the_module_is_told_by_doctor_and_backup(at, plain):
    source = at.source(bucket="backups", repository="new")
    assert [finding.what for finding in source.check() if not finding.ok] == ["bucket"]
    with pytest.raises(Permanent, match="run the default distribution of Elasticsearch on every node"):
        take(source, plain)
