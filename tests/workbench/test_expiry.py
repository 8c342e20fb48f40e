"""Retention where the data lie in repositories: what goes, in which order, and what stands in its way."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.catalog.samples import FACTS, FULL, put
from workers.artifact import Form, Order, Role, Run, Segment
from workers.bench import expiry, repositories
from workers.catalog import index
from workers.catalog.ledger import WAITING
from workers.catalog.manifest import manifest_key
from workers.errors import Corrupt, Transient
from workers.plans import Retention
from workers.transforms.checksum import form_of

NOW = datetime.now(UTC).replace(microsecond=0)
RUN = Run("7d06883c", "backup", "community", "db1", f"{NOW:%Y%m%dT%H%M%SZ}-full-9f3a11c2")
RULE = Retention(within="3d")


@dataclass
class Spy:
    """A source with repositories that notes what it is to forget, and what the store holds meanwhile; no data behind it."""

    store: object
    there: set[str] = field(default_factory=set)
    fault: Exception | None = None
    shares: int = 4

    def __post_init__(self):
        self.asked = []

    def held(self, store):
        return frozenset(self.there)

    def forget(self, gone, newest):
        self.asked.append((set(gone), newest, sorted(found.key.partition("/")[2] for found in self.store.list("community/"))))
        if self.fault:
            raise self.fault

    def housed(self, addresses, tell):
        return self

    def prove(self, record):
        pass

    carry = audit = prove


@pytest.fixture
def tools(orders, monkeypatch):
    orders.app.tools.ledger._redis.flushdb()
    orders.app.tools.ledger.open(RUN)
    plan = orders.app.tools.plan("community").model_copy(update={"retention": RULE, "required": ("nas",), "sync": ()})
    monkeypatch.setattr(type(orders.app.tools), "plan", lambda self, target: plan)
    return orders.app.tools


@pytest.fixture
def spy(tools):
    return Spy(tools.store("nas"))


def snapshot(ago):
    return f"{ago:064x}"


def backup(tools, spy, ago):
    """A backup of so many days ago, whose snapshot is there."""
    moment, record = NOW - timedelta(days=ago), Segment(1, f"snapshot.{snapshot(ago)}", Role.DATA, Form(1, "a" * 64))
    record = replace(record, stored=Form(1, "b" * 64), suffix=".zst", copies=("nas",))
    name = f"{moment:%Y%m%dT%H%M%SZ}-full-9f3a11c2"
    facts = replace(FACTS, snapshot=moment, counts=())
    made = replace(FULL, id=name, started=moment, ended=moment, facts=facts, segments=(record,))
    put(tools.store("nas"), made)
    spy.there.add(snapshot(ago))
    return made


def listed(tools):
    return [entry.manifest.id for entry in index.backups(tools.stores_of("community"), "community").entries]


def said(tools):
    return tools.ledger.entry(RUN.id).note(expiry.UNEXPIRED) or ""


def test_manifests_go_before_snapshots_and_records_last_and_the_next_backup_says_so(tools, spy):
    young, old = backup(tools, spy, 1), backup(tools, spy, 9)
    expiry.expire(tools, RUN, spy)
    ((gone, newest, there),) = spy.asked
    assert (gone, newest) == ({snapshot(9)}, snapshot(1))
    assert f"{old.id}/manifest.json" not in there
    assert f"{old.id}/segments/000001.snapshot.{snapshot(9)}.zst" in there
    assert [found.key for found in tools.store("nas").list(f"community/{old.id}")] == []
    assert listed(tools) == [young.id]
    facts = repositories.added(tools, RUN, spy, replace(FACTS, warnings=()))
    assert dict(facts.extras)["expired"] == old.id
    assert facts.warnings == ()
    assert tools.ledger.entry(RUN.id).note(WAITING) == ""


def test_what_goes_is_told_before_it_goes(tools, spy, monkeypatch):
    backup(tools, spy, 1)
    old, seen = backup(tools, spy, 9), []
    monkeypatch.setattr(spy, "forget", lambda gone, newest: seen.append(tools.ledger.entry(RUN.id).note(WAITING)))
    expiry.expire(tools, RUN, spy)
    assert seen == [f"until 1 backup that retention does not keep went: {old.id}"]


def test_nothing_goes_without_a_rule_nor_where_all_is_kept(tools, spy, monkeypatch):
    made = [backup(tools, spy, ago) for ago in (1, 2)]
    expiry.expire(tools, RUN, spy)
    backup(tools, spy, 9)
    plan = tools.plan("community").model_copy(update={"retention": None})
    monkeypatch.setattr(type(tools), "plan", lambda self, target: plan)
    expiry.expire(tools, RUN, spy)
    assert spy.asked == []
    assert listed(tools)[:2] == [each.id for each in made]


def test_a_failure_is_a_warning_and_the_next_run_goes_on(tools, spy):
    backup(tools, spy, 1)
    old = backup(tools, spy, 9)
    spy.fault = Transient("store nas: the repository is locked by process 7")
    expiry.expire(tools, RUN, spy)
    assert "retention was not applied, or not to its end: store nas: the repository is locked by process 7" in said(tools)
    assert repositories.added(tools, RUN, spy, replace(FACTS, warnings=())).warnings == (said(tools),)
    assert old.id not in listed(tools)
    spy.fault = None
    expiry.expire(tools, RUN, spy)
    assert [gone for gone, _, _ in spy.asked] == [{snapshot(9)}, {snapshot(9)}]
    assert [found.key for found in tools.store("nas").list(f"community/{old.id}")] == []


def test_what_a_failed_backup_left_goes_too_once_no_run_can_be_at_work_on_it(tools, spy):
    backup(tools, spy, 1)
    half = backup(tools, spy, 2)
    tools.store("nas").remove(manifest_key("community", half.id))
    young = f"community/{NOW - timedelta(hours=11):%Y%m%dT%H%M%SZ}-full-00000000/segments/000001.snapshot.{snapshot(77)}.zst"
    tools.store("nas").put(young, b"x", form_of(b"x"))
    expiry.expire(tools, RUN, spy)
    assert [gone for gone, _, _ in spy.asked] == [{snapshot(2)}]
    assert tools.store("nas").stat(young)


def test_a_repository_that_is_not_sound_afterwards_ends_the_run(tools, spy):
    backup(tools, spy, 1)
    backup(tools, spy, 9)
    spy.fault = Corrupt("store nas: the repository is damaged")
    with pytest.raises(Corrupt, match="is damaged"):
        expiry.expire(tools, RUN, spy)


def test_nothing_goes_while_a_manifest_cannot_be_read(tools, spy):
    backup(tools, spy, 1)
    old = backup(tools, spy, 9)
    put(tools.store("nas"), replace(old, id="20200101T000000Z-full-00000000"), b"no manifest")
    expiry.expire(tools, RUN, spy)
    assert "cannot be trusted" in said(tools)
    assert (spy.asked, old.id in listed(tools)) == ([], True)


@pytest.mark.parametrize("wrong", ["host", "backup"])
def test_nothing_goes_while_a_clock_is_in_doubt(tools, spy, monkeypatch, wrong):
    backup(tools, spy, 1)
    old = backup(tools, spy, 9)
    if wrong == "host":
        monkeypatch.setattr(tools.redis, "time", lambda: (int(NOW.timestamp()) - 3600, 0))
    else:
        backup(tools, spy, -2)
    expiry.expire(tools, RUN, spy)
    assert "the clock is in doubt: " in said(tools)
    assert (spy.asked, old.id in listed(tools)) == ([], True)


def test_a_backup_that_is_being_restored_stays(tools, spy):
    backup(tools, spy, 1)
    old = backup(tools, spy, 9)
    reader = Run("7d06883d", "restore", "community", "db1", old.id, order=Order(old.id, "community", "other", old.facts))
    tools.ledger.open(reader, "restore:db1")
    expiry.expire(tools, RUN, spy)
    assert spy.asked == []
    tools.ledger.close(reader.id, "done")
    expiry.expire(tools, RUN, spy)
    assert [gone for gone, _, _ in spy.asked] == [{snapshot(9)}]


def test_nothing_goes_while_any_backup_of_the_target_is_restored(tools, spy):
    young = backup(tools, spy, 1)
    backup(tools, spy, 9)
    reader = Run("7d06883d", "restore", "community", "db1", young.id, order=Order(young.id, "community", "other", young.facts))
    tools.ledger.open(reader, "restore:db1")
    expiry.expire(tools, RUN, spy)
    assert (spy.asked, said(tools)) == ([], "")


def test_a_backup_whose_snapshot_somebody_removed_is_told_and_takes_no_place_of_a_good_one(tools, spy):
    lost, good = backup(tools, spy, 1), backup(tools, spy, 9)
    spy.there.remove(snapshot(1))
    expiry.expire(tools, RUN, spy)
    assert spy.asked == []
    assert listed(tools) == [lost.id, good.id]
    assert said(tools) == f"no repository holds the snapshots of these any more, so they cannot be restored: {lost.id}"


def test_a_manifest_that_a_store_does_not_give_away_keeps_its_snapshot(tools, spy, monkeypatch):
    backup(tools, spy, 1)
    backup(tools, spy, 9)
    monkeypatch.setattr("workers.stores.local.LocalStore.remove", lambda self, key: None)
    expiry.expire(tools, RUN, spy)
    assert "is it locked?" in said(tools)
    assert spy.asked == []


def test_other_sources_are_left_alone(tools):
    expiry.expire(tools, RUN, tools.source("community"))
    assert said(tools) == ""
