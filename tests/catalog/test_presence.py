"""What a look into repositories says of backups, from manifests alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from tests.catalog.samples import FULL, later
from workers.catalog import presence
from workers.catalog.index import Entry, Listing
from workers.catalog.presence import Look

NAS, DISK = SimpleNamespace(name="nas"), SimpleNamespace(name="disk")
OLD, MIDDLE = later(1), later(2)


def looked(backup, *missing):
    """The backup, begun with a look into both stores that missed these pairs."""
    extras = Look(backup.started, ("nas", "disk"), frozenset(missing)).extras()
    return replace(backup, facts=replace(backup.facts, extras=extras))


def listing(*backups):
    """As the catalog lists them, newest first."""
    return Listing(tuple(Entry(backup, (NAS, DISK)) for backup in backups), (), ())


def test_a_look_comes_back_from_the_facts_of_its_backup():
    missing = (("nas", OLD.id), ("disk", OLD.id), ("disk", MIDDLE.id))
    assert presence.look(looked(FULL, *missing)) == Look(FULL.started, ("nas", "disk"), frozenset(missing))
    assert presence.look(looked(FULL)) == Look(FULL.started, ("nas", "disk"))
    assert presence.look(FULL) is None


def test_what_no_repository_held_is_gone_and_a_store_without_it_holds_no_copy():
    newest = looked(later(3), ("nas", OLD.id), ("disk", OLD.id), ("nas", MIDDLE.id))
    found = presence.seen(listing(newest, MIDDLE, OLD))
    assert [(entry.manifest.id, [store.name for store in entry.stores]) for entry in found.entries] == [
        (newest.id, ["nas", "disk"]),
        (MIDDLE.id, ["disk"]),
    ]
    assert [entry.manifest.id for entry in found.gone] == [OLD.id]


def test_only_the_newest_look_counts_for_what_was_away_may_be_back():
    before = looked(MIDDLE, ("nas", OLD.id), ("disk", OLD.id))
    everything = listing(looked(later(3)), before, OLD)
    assert presence.seen(everything) is everything
    assert presence.seen(listing(before, OLD)).gone


def test_a_look_of_a_time_that_has_not_come_tells_nothing():
    ahead = replace(looked(later(3)), started=datetime.now(UTC) + timedelta(days=1))
    found = presence.seen(listing(ahead, looked(MIDDLE, ("nas", OLD.id), ("disk", OLD.id)), OLD))
    assert [entry.manifest.id for entry in found.gone] == [OLD.id]


def test_a_look_into_the_repositories_of_one_target_says_nothing_of_another():
    other = replace(OLD, target="another")
    newest = looked(later(3), ("nas", OLD.id), ("disk", OLD.id))
    found = presence.seen(listing(newest, other))
    assert [entry.manifest.target for entry in found.entries] == [newest.target, "another"]


def test_without_a_look_nothing_is_known():
    everything = listing(MIDDLE, OLD)
    assert presence.seen(everything) is everything
    assert presence.looks(everything.entries) == {}
