from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.catalog.samples import FACTS, FULL, NOON, later, put
from workers.catalog.index import backups, find, newest
from workers.catalog.manifest import manifest_key, seal, segment_key
from workers.errors import Refused, Transient
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
from workers.transforms.checksum import form_of

Make = Callable[[str], LocalStore]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(name: str) -> LocalStore:
        store = LocalStore(name, LocalOptions(path=tmp_path / name))
        store.initialise()
        return store

    return made


@pytest.fixture
def nas(make: Make) -> LocalStore:
    return make("nas")


@pytest.fixture
def usb(make: Make) -> LocalStore:
    return make("usb")


def half(store: LocalStore) -> str:
    """A backup whose run died before the seal; its id."""
    manifest = later(9)
    store.put(segment_key(manifest.target, manifest.id, manifest.segments[0]), b"x", form_of(b"x"))
    return manifest.id


def test_backups_are_ordered_by_the_snapshot_in_the_manifest(nas: LocalStore) -> None:
    older = later(1)
    put(nas, replace(later(5), facts=replace(FACTS, snapshot=NOON)))
    put(nas, older)
    assert [entry.manifest.facts.snapshot for entry in backups([nas]).entries] == [older.facts.snapshot, NOON]


def test_a_backup_in_two_stores_is_one_entry_with_both(nas: LocalStore, usb: LocalStore) -> None:
    put(nas, FULL)
    put(usb, FULL)
    put(usb, later(1))
    found = backups([nas, usb])
    assert [(entry.manifest, [store.name for store in entry.stores]) for entry in found.entries] == [
        (later(1), ["usb"]),
        (FULL, ["nas", "usb"]),
    ]
    assert found.problems == ()


def test_only_the_backups_of_the_target_are_listed(nas: LocalStore) -> None:
    put(nas, FULL)
    put(nas, later(1, target="community-2"))
    assert [entry.manifest.target for entry in backups([nas], "community").entries] == ["community"]
    assert len(backups([nas]).entries) == 2


def test_a_half_backup_is_never_listed_as_a_backup(nas: LocalStore) -> None:
    left = half(nas)
    assert backups([nas]).entries == ()
    assert backups([nas]).halves == (f"community/{left}",)


def test_a_backup_that_is_being_copied_is_no_half_backup(nas: LocalStore, usb: LocalStore) -> None:
    put(nas, FULL)
    usb.put(segment_key(FULL.target, FULL.id, FULL.segments[0]), b"x", form_of(b"x"))
    found = backups([nas, usb])
    assert ([entry.stores for entry in found.entries], found.halves) == ([(nas,)], ())


def test_one_damaged_manifest_is_a_problem_and_hides_nothing(nas: LocalStore) -> None:
    put(nas, FULL)
    key = put(nas, later(1), seal(later(1))[:-30])
    found = backups([nas])
    assert [entry.manifest for entry in found.entries] == [FULL]
    assert [(problem.store, problem.key) for problem in found.problems] == [("nas", key)]
    assert "cut short or damaged" in found.problems[0].reason


def test_a_store_that_is_away_is_a_problem_and_hides_nothing(nas: LocalStore, tmp_path: Path) -> None:
    put(nas, FULL)
    away = LocalStore("away", LocalOptions(path=tmp_path / "not-mounted"))
    found = backups([away, nas])
    assert [entry.stores for entry in found.entries] == [(nas,)]
    assert [(problem.store, problem.key) for problem in found.problems] == [("away", "")]


def test_a_manifest_under_another_key_is_not_believed(nas: LocalStore) -> None:
    put(nas, later(1), seal(FULL))
    found = backups([nas])
    assert found.entries == ()
    assert "copied to another place" in found.problems[0].reason


def test_two_manifests_of_one_backup_are_a_problem(nas: LocalStore, usb: LocalStore) -> None:
    put(nas, FULL)
    put(usb, replace(FULL, host="db2"))
    found = backups([nas, usb])
    assert [entry.stores for entry in found.entries] == [(nas,)]
    assert "than in nas" in found.problems[0].reason


def test_strange_objects_in_a_store_are_passed_over(nas: LocalStore) -> None:
    for key in ("logs-8b1d/1/manifest.json", "readme", "community/old/manifest.json", f"x/{manifest_key('community', FULL.id)}"):
        nas.put(key, b"x", form_of(b"x"))
    assert backups([nas]) == backups([])


@pytest.mark.parametrize("asked", [FULL.id, FULL.id[:-1], "20261122"])
def test_a_backup_is_found_by_its_id_or_the_beginning_of_it(nas: LocalStore, asked: str) -> None:
    put(nas, FULL)
    put(nas, later(1))
    assert find([nas], "community", asked).manifest == FULL


def test_the_good_copy_is_found_where_the_other_is_damaged(nas: LocalStore, usb: LocalStore) -> None:
    put(nas, FULL, b"{}")
    put(usb, FULL)
    assert find([nas, usb], "community", FULL.id).stores == (usb,)


@pytest.mark.parametrize("asked", ["2026", ""])
def test_what_does_not_say_which_backup_is_refused(nas: LocalStore, asked: str) -> None:
    put(nas, FULL)
    put(nas, later(1))
    with pytest.raises(Refused, match=FULL.id):
        find([nas], "community", asked)


def test_an_unknown_id_is_refused_with_those_near_it(nas: LocalStore) -> None:
    put(nas, FULL)
    put(nas, later(1))
    with pytest.raises(Refused, match=f"community has no backup .*; near it are {FULL.id}"):
        find([nas], "community", FULL.id[:-1] + "0")


def test_a_target_without_backups_is_refused_plainly(nas: LocalStore, tmp_path: Path) -> None:
    away = LocalStore("away", LocalOptions(path=tmp_path / "not-mounted"))
    with pytest.raises(Refused, match="it has no backup at all; store away could not be asked"):
        find([nas, away], "community", FULL.id)


def test_a_half_backup_is_refused_as_what_it_is(nas: LocalStore) -> None:
    with pytest.raises(Refused, match="was never finished: it has segments and no manifest"):
        find([nas], "community", half(nas))


@pytest.mark.parametrize("asked", [FULL.id, FULL.id[:-3]])
def test_a_damaged_backup_is_refused_with_what_is_wrong(nas: LocalStore, asked: str) -> None:
    put(nas, FULL, seal(FULL).replace(b"users", b"Users"))
    with pytest.raises(Refused, match="cannot be used: nas: the manifest cannot be trusted: it was changed"):
        find([nas], "community", asked)


def test_the_newest_of_many_is_found_without_reading_them_all(nas: LocalStore) -> None:
    put(nas, later(1), b"damaged, and never looked at")
    put(nas, later(2))
    assert newest([nas], "community") == later(2)


def test_the_newest_is_the_one_before_where_the_last_is_damaged(nas: LocalStore) -> None:
    put(nas, later(1))
    put(nas, later(2), b"damaged")
    assert newest([nas], "community") == later(1)


def test_the_newest_of_several_stores_is_that_of_the_newest_moment(nas: LocalStore, usb: LocalStore) -> None:
    put(nas, later(1))
    put(usb, later(2))
    assert newest([nas, usb], "community") == later(2)
    assert newest([nas], "logs-x") is None


def test_where_no_store_can_be_asked_nobody_says_that_there_is_nothing(nas: LocalStore, usb: LocalStore, tmp_path: Path) -> None:
    put(usb, FULL)
    (tmp_path / "nas").rename(tmp_path / "away")
    assert newest([nas, usb], "community") == FULL
    with pytest.raises(Transient, match="is not known"):
        newest([nas], "community")


def test_of_two_in_one_second_the_newest_is_that_of_the_later_moment(nas: LocalStore) -> None:
    first = later(1, 0xFFFFFFFF)
    second = replace(later(1, 1), facts=replace(FACTS, snapshot=first.facts.snapshot + timedelta(milliseconds=5)))
    put(nas, first)
    put(nas, second)
    assert newest([nas], "community") == second
