"""What a run does besides where its source keeps repositories of its own: which share is next, what is told, whom it concerns."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.catalog.samples import FACTS, FULL, put
from tests.stores.faulty import Break, Fault, FaultyStore
from workers.artifact import Form, Role, Run, Segment
from workers.bench import repositories
from workers.bench.tools import answering
from workers.catalog import manifest
from workers.ports import RepositorySource, Share
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.source import MysqlSource
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.source import ResticSource
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
from workers.transforms import checksum

RUN = Run("7d06883c", "backup", "community", "db1", "20261123T000000Z-full-9f3a11c2")
SEGMENT = Segment(1, "snapshot." + "5" * 64, Role.DATA, Form(1, "a" * 64))


@dataclass
class Spy:
    """A source with repositories that notes what it is asked; no data behind it."""

    shares: int = 4

    def __post_init__(self):
        self.asked = []

    def housed(self, addresses, tell):
        return self

    def held(self, store):
        return frozenset()

    def forget(self, gone, newest):
        self.asked.append(("forget", gone, newest))

    def prove(self, record):
        self.asked.append(("prove", record))

    def carry(self, segment):
        self.asked.append(("carry", segment.number))

    def audit(self, segment, store, share):
        self.asked.append(("audit", store, share))


@pytest.fixture
def tools(orders):
    orders.app.tools.ledger._redis.flushdb()
    orders.app.tools.ledger.open(RUN)
    return orders.app.tools


@pytest.fixture
def spy(tools, monkeypatch):
    made = Spy()
    monkeypatch.setattr(type(tools), "source", lambda self, target, tell=None: made)
    return made


def sealed(tools, facts):
    """A backup from before, in the store."""
    known = replace(FULL, target="community", facts=replace(FULL.facts, **facts))
    body = manifest.seal(known)
    tools.store("nas").put(manifest.manifest_key(known.target, known.id), body, checksum.form_of(body))
    return known


def test_only_a_source_with_repositories_is_asked():
    assert isinstance(Spy(), RepositorySource)
    assert isinstance(ResticSource(ResticOptions(path="/srv/uploads")), RepositorySource)
    assert not isinstance(MysqlSource(MysqlOptions(socket="/s", user="u", databases=["d"]), None), RepositorySource)


@pytest.mark.parametrize(
    ("before", "of", "then"),
    [(None, 4, "1/4"), ("1/4", 4, "2/4"), ("4/4", 4, "1/4"), ("3/28", 4, "1/4"), ("1/1", 1, "1/1"), ("", 4, "1/4")],
)
def test_the_shares_follow_one_another_and_begin_again(before, of, then):
    facts = None if before is None else replace(FACTS, extras=(("share", before),) if before else ())
    assert repositories.following(facts, of) == then


def test_so_many_backups_as_there_are_shares_read_each_of_them_once():
    facts, seen = FACTS, []
    for _ in range(28):
        seen.append(repositories.following(facts, 28))
        facts = replace(FACTS, extras=(("share", seen[-1]),))
    assert sorted(seen) == sorted(f"{number}/28" for number in range(1, 29))


def test_the_share_is_sealed_with_the_facts_and_noted_for_the_other_steps(tools, spy):
    sealed(tools, {"extras": (("share", "2/4"),)})
    assert dict(repositories.added(tools, RUN, spy, FACTS).extras)["share"] == "3/4"
    repositories.audit(tools, RUN, SEGMENT, (tools.store("nas"),))
    assert spy.asked == [("audit", "nas", Share(3, 4))]


def test_a_backup_of_a_time_that_has_not_come_does_not_hold_the_walk_up(tools, spy):
    sealed(tools, {"extras": (("share", "2/4"),)})
    ahead = replace(FULL, id="20270101T000000Z-full-00000000", facts=replace(FACTS, snapshot=FACTS.snapshot + timedelta(days=40)))
    put(tools.store("nas"), replace(ahead, facts=replace(ahead.facts, extras=(("share", "4/4"),))))
    assert dict(repositories.added(tools, RUN, spy, FACTS).extras)["share"] == "3/4"


@pytest.mark.parametrize(("old", "new"), [(28, 4), (4, 28), (5, 6), (7, 1)])
@pytest.mark.parametrize("before", range(1, 8))
def test_where_the_number_of_shares_is_changed_as_many_backups_as_the_new_one_read_all_of_it(old, new, before):
    facts = FACTS
    for of in [old] * before:
        facts = replace(FACTS, extras=(("share", repositories.following(facts, of)),))
    seen = []
    for _ in range(new):
        seen.append(repositories.following(facts, new))
        facts = replace(FACTS, extras=(("share", seen[-1]),))
    assert sorted(seen) == sorted(f"{number}/{new}" for number in range(1, new + 1))


def test_a_store_whose_copies_are_only_asked_for_is_checked_without_reading(tools, spy, monkeypatch):
    plan = tools.plan("community").model_copy(update={"verify": "head"})
    monkeypatch.setattr(type(tools), "plan", lambda self, target: plan)
    assert "share" not in dict(repositories.added(tools, RUN, spy, FACTS).extras)
    repositories.audit(tools, RUN, SEGMENT, (tools.store("nas"),))
    assert spy.asked == [("audit", "nas", None)]


def test_a_repository_that_is_another_than_before_is_told(tools, spy):
    before = sealed(tools, {"identity": "the one before", "flavour": "restic"})
    (warning,) = repositories.added(tools, RUN, spy, replace(FACTS, identity="a new one", flavour="restic", warnings=())).warnings
    assert warning == f"the repository is a new one: what backups up to {before.id} hold is not in it"
    assert repositories.added(tools, RUN, spy, replace(FACTS, identity="the one before", flavour="restic", warnings=())).warnings == ()


def test_a_target_that_was_kept_by_another_source_before_has_lost_nothing(tools, spy):
    sealed(tools, {"identity": "a server", "flavour": "mysql"})
    assert repositories.added(tools, RUN, spy, replace(FACTS, identity="a repository", flavour="restic", warnings=())).warnings == ()


def test_the_other_steps_hand_on_what_they_have(tools, spy):
    repositories.prove(tools, RUN, Path("/spool/record"))
    repositories.carry(tools, RUN, SEGMENT)
    assert spy.asked == [("prove", Path("/spool/record")), ("carry", 1)]


def test_nothing_is_done_for_other_sources(tools):
    assert repositories.added(tools, RUN, tools.source("community"), FACTS) is FACTS
    repositories.prove(tools, RUN, Path("/nowhere"))
    repositories.carry(tools, RUN, SEGMENT)
    repositories.audit(tools, RUN, SEGMENT, (tools.store("nas"),))
    assert tools.ledger.entry(RUN.id).note("share") is None


def test_repositories_lie_apart_from_the_folder_whose_backups_are_listed(tools, orders):
    (found,) = tools.addresses("community")
    assert found.place == str(orders.nas / "repositories/community/mysql")


def test_a_store_that_cannot_be_used_is_told_before_any_program_goes_there(tools, orders):
    (orders.nas / ".canvasback-store").unlink()
    (found,) = tools.addresses("community")
    assert "Is the disk mounted?" in found.fault
    assert not found.passing


def test_a_store_that_is_away_for_a_moment_may_come_back(tmp_path):
    inner = LocalStore("nas", LocalOptions(path=tmp_path))
    inner.initialise()
    found = answering(FaultyStore(inner, Break("free", Fault.REFUSED)), "repositories/a/restic")
    assert (found.passing, found.fault) == (True, "store nas: 500 InternalError: free")


def test_an_address_takes_away_what_lies_below_it_and_nothing_else(tmp_path):
    inner = LocalStore("nas", LocalOptions(path=tmp_path))
    inner.initialise()
    for folder in ("a", "b"):
        (tmp_path / "repositories" / folder / "locks").mkdir(parents=True)
        (tmp_path / "repositories" / folder / "locks" / "1234").touch()
    answering(inner, "repositories/a").remove("locks/1234")
    assert [path.parent.parent.name for path in tmp_path.rglob("1234")] == ["b"]


def test_sizes_are_those_of_the_data_not_of_the_record():
    extras = (("plain_bytes", "5000"), ("stored_bytes", "70"))
    held = replace(FULL, facts=replace(FULL.facts, extras=extras))
    assert (held.plain, held.stored, held.loads) == (5000, 70, 5000)
    assert FULL.plain == sum(segment.plain.bytes for segment in FULL.segments)
    assert FULL.loads <= FULL.plain
