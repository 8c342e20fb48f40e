"""What is looked for in the repositories when a backup begins, and who hears of what is gone: people once, the catalog each time."""

from dataclasses import dataclass, field, replace

import pytest

from tests.catalog.samples import FACTS, put
from tests.workbench.test_expiry import RULE, RUN, Spy, backup, said, snapshot
from workers.artifact import Run
from workers.bench import expiry, presence, repositories
from workers.catalog.manifest import manifest_key
from workers.errors import Permanent

GONE = "no repository holds the snapshots of these any more, so they cannot be restored: "


@dataclass
class Two(Spy):
    """A source with a repository in each of two stores; `away` are those that do not answer."""

    other: set[str] = field(default_factory=set)
    away: tuple[str, ...] = ()

    def held(self, store):
        if store in self.away:
            raise Permanent(f"store {store}: is it mounted?")
        return frozenset(self.there if store == "nas" else self.other)


@pytest.fixture
def tools(orders, monkeypatch):
    orders.app.tools.ledger._redis.flushdb()
    orders.app.tools.ledger.open(RUN)
    plan = orders.app.tools.plan("community").model_copy(update={"required": ("nas", "disk"), "sync": ()})
    real = type(orders.app.tools).store
    monkeypatch.setattr(type(orders.app.tools), "plan", lambda self, target: plan)
    monkeypatch.setattr(type(orders.app.tools), "store", lambda self, name: real(self, "nas"))
    monkeypatch.setattr(type(orders.app.tools), "stores_of", lambda self, target: (real(self, "nas"),))
    return orders.app.tools


@pytest.fixture
def spy(tools):
    return Two(tools.store("nas"))


def both(tools, spy, ago):
    """A backup of so many days ago, whose snapshot is in both repositories."""
    made = backup(tools, spy, ago)
    spy.other.add(snapshot(ago))
    return made


def look(tools, spy, run=RUN):
    """The facts that a backup seals after its look."""
    expiry.expire(tools, run, spy)
    return repositories.added(tools, run, spy, replace(FACTS, warnings=()))


def test_where_everything_is_there_nobody_hears_of_it_and_the_catalog_knows_when_somebody_looked(tools, spy):
    both(tools, spy, 1)
    facts = look(tools, spy)
    assert facts.warnings == ()
    assert dict(facts.extras)["looked"] == "nas disk"
    assert [name for name, _ in facts.extras if name.startswith("missing")] == []


def test_what_is_gone_is_told_without_any_retention_and_only_by_the_first_backup_that_finds_it(tools, spy):
    both(tools, spy, 1)
    old = both(tools, spy, 9)
    spy.there.clear()
    spy.there.add(snapshot(1))
    spy.other.remove(snapshot(9))
    facts = look(tools, spy)
    assert facts.warnings == (f"{GONE}{old.id}",)
    assert (dict(facts.extras)["missing:nas"], dict(facts.extras)["missing:disk"]) == (old.id, old.id)
    sealed = both(tools, spy, 0)
    tools.store("nas").remove(manifest_key("community", sealed.id))
    put(tools.store("nas"), replace(sealed, facts=replace(sealed.facts, extras=facts.extras)))
    assert [entry.manifest.id for entry in tools.backups("community").gone] == [old.id]
    tools.ledger.open(again := Run("7d06883d", "backup", "community", "db1", RUN.backup))
    facts = look(tools, spy, again)
    assert facts.warnings == ()
    assert dict(facts.extras)["missing:nas"] == old.id


def test_a_store_that_lost_what_another_one_holds_is_named(tools, spy):
    both(tools, spy, 1)
    old = both(tools, spy, 9)
    spy.other.remove(snapshot(9))
    facts = look(tools, spy)
    assert facts.warnings == (f"store disk: its repository does not hold the snapshots of these any more: {old.id}",)
    assert "missing:nas" not in dict(facts.extras)


def test_all_of_them_gone_is_told_too(tools, spy):
    made = [both(tools, spy, ago) for ago in (1, 2)]
    spy.there.clear()
    spy.other.clear()
    assert look(tools, spy).warnings == (f"{GONE}{made[0].id}, {made[1].id}",)


def test_while_a_repository_does_not_answer_nothing_in_it_is_called_gone(tools, spy):
    both(tools, spy, 9)
    spy.away, spy.other = ("nas",), set()
    facts = look(tools, spy)
    assert [GONE in words for words in facts.warnings] == [False, False]
    assert "whether older backups are still there is not known of every store: store nas: is it mounted?" in facts.warnings
    assert dict(facts.extras)["looked"] == "disk"


def test_what_another_source_made_of_the_target_before_is_none_of_its_business(tools, spy, monkeypatch):
    old = both(tools, spy, 9)
    tools.store("nas").remove(manifest_key("community", old.id))
    put(tools.store("nas"), replace(old, source="files"))
    spy.there.clear()
    plan = tools.plan("community").model_copy(update={"retention": RULE})
    monkeypatch.setattr(type(tools), "plan", lambda self, target: plan)
    both(tools, spy, 1)
    assert look(tools, spy).warnings == ()
    assert spy.asked == []
    assert tools.store("nas").stat(manifest_key("community", old.id))


def test_a_doctor_looks_now_and_says_it_each_time(tools, spy, monkeypatch):
    monkeypatch.setattr(type(tools), "source", lambda self, target: spy)
    both(tools, spy, 1)
    old = both(tools, spy, 9)
    assert [(found.ok, found.found) for found in presence.findings(tools, "community")] == [(True, "2 snapshots in nas, disk")]
    spy.there.remove(snapshot(9))
    spy.other.remove(snapshot(9))
    for _ in range(2):
        (found,) = presence.findings(tools, "community")
        assert (found.ok, found.found) == (False, f"{GONE}{old.id}")
        assert "runbook" in found.remedy
    assert said(tools) == ""


def test_a_doctor_says_nothing_of_it_for_other_sources(tools):
    assert list(presence.findings(tools, "community")) == []
