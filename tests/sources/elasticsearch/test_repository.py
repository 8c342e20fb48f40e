"""A repository is registered once, is nobody else's, and old snapshots leave it through the API."""

from datetime import timedelta

import pytest

from tests.sources.elasticsearch.hands import Site, take
from workers.artifact import Kind
from workers.errors import Permanent
from workers.sources.elasticsearch import repository
from workers.sources.elasticsearch.contents import contents


def register(at: Site, location: str, **settings):
    known = {"type": "fs", "settings": {"location": location, **settings}}
    at.client.snapshot.create_repository(name=at.word, repository=known)


def ready(at: Site, **changes):
    server = at.login(**changes)
    with server.session("registering") as client:
        repository.ready(client, server.options)


def names(at: Site):
    return [one["snapshot"] for one in at.client.snapshot.get(repository=at.word, snapshot="*").body["snapshots"]]


def test_it_is_registered_once_and_keeps_the_settings_that_somebody_gave_it(at):
    ready(at)
    register(at, str(at.options.snapshots), max_snapshot_bytes_per_sec="9mb")
    ready(at)
    known = at.client.snapshot.get_repository(name=at.word)[at.word]["settings"]
    assert known["max_snapshot_bytes_per_sec"] == "9mb"


def test_a_folder_outside_of_path_repo_is_named(at, tmp_path):
    with pytest.raises(Permanent, match=r"is not in path\.repo of .*: put it into elasticsearch\.yml of every node"):
        ready(at, folder=tmp_path)


def test_a_name_that_stands_for_another_repository_is_refused(at):
    register(at, str(at.server.repo / f"{at.word}-elsewhere"))
    with pytest.raises(Permanent, match=r"is another one .*give this target's `repository` a name of its own"):
        ready(at)


def test_two_names_for_one_place_are_refused_and_one_that_only_reads_is_not(at, plain):
    at.fill("posts", 3)
    take(at.source(), plain)
    with pytest.raises(Permanent, match=f"repository {at.word} of .* in the same place as this target's other.*a `folder` of its own"):
        ready(at, repository="other")
    found = {finding.what: finding for finding in at.source(repository="other").check() if not finding.ok}
    assert found["repository"].found == f"{at.word} is registered in the same place as other"
    register(at, str(at.options.snapshots), readonly=True)
    ready(at, repository="other")
    at.client.snapshot.delete_repository(name="other")


def test_a_repository_whose_files_are_gone_while_it_is_registered_is_told_with_the_way_out(at, plain):
    at.fill("posts", 3)
    take(at.source(), plain)
    at.options.snapshots.rename(at.folder / "aside")
    with pytest.raises(Permanent, match=r"was changed by somebody else than this cluster.*how to begin a new one"):
        take(at.source(), plain)
    at.client.snapshot.delete_repository(name=at.word)
    take(at.source(), plain)


def test_a_read_only_repository_is_refused(at):
    ready(at)
    register(at, str(at.options.snapshots), readonly=True)
    with pytest.raises(Permanent, match="is registered as read-only: another cluster may be its writer"):
        ready(at)


def test_old_snapshots_are_deleted_and_the_newest_good_one_never(at, plain):
    at.fill("posts", 3)
    taken = [take(at.source(), plain) for _ in range(3)]
    wanted = [dict(one.facts.extras)["snapshot"] for one in taken]
    with at.login().session("pruning") as client:
        repository.prune(client, at.word, timedelta(days=1))
        assert names(at) == wanted
        repository.prune(client, at.word, timedelta(0))
    assert names(at) == wanted[2:]
    assert contents(at.options.snapshots, wanted[2]).files


def test_one_dump_at_a_time_has_its_turn_and_the_next_comes_when_it_is_over(tmp_path):
    first, second = repository.Turn(tmp_path), repository.Turn(tmp_path)
    assert list(first.wait()) == []
    waiting = second.wait()
    next(waiting)
    next(waiting)
    first.close()
    assert list(waiting) == []
    second.close()


def test_old_snapshots_stay_as_long_as_another_dump_reads_the_repository(at, plain):
    at.fill("posts", 3)
    first, second = (dict(take(at.source(), plain).facts.extras)["snapshot"] for _ in range(2))
    reading = repository.Turn(at.options.folder)
    assert list(reading.wait()) == []
    with at.source(keep=timedelta(0)).dump(Kind.FULL) as dump:
        blocks = next(iter(dump.parts())).blocks
        for _ in range(5):
            next(blocks)
        assert names(at) == [first, second]
        reading.close()
        list(blocks)
        assert first not in names(at)
        assert names(at)[0] == second


def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    with pytest.raises(Permanent, match="the worker's user needs to write to `folder`"):
        list(repository.Turn(tmp_path / "gone").wait())


def test_snapshots_of_others_are_left_alone(at, plain):
    at.fill("posts", 3)
    ready(at)
    at.client.snapshot.create(repository=at.word, snapshot="theirs", wait_for_completion=True, indices=at.name("*"))
    ours = take(at.source(keep=timedelta(0)), plain)
    assert names(at) == ["theirs", dict(ours.facts.extras)["snapshot"]]
    (told,) = ours.facts.counts
    assert told.rows == 3
