"""A repository of restic that is not what it was: read-only, another one with the same password, one folder for two stores."""

import shutil
from dataclasses import replace

import pytest

from tests.sources.engine.hands import bring, take, tree
from tests.system import disks
from workers.errors import Corrupt, Permanent, Refused


def test_a_disk_that_is_read_only_takes_no_backup_and_gives_back_what_is_on_it(made):
    taken = take(made)
    here = replace(made, addresses=(replace(made.addresses[0], place=str(made.root / "ro" / "restic")),))
    with disks.read_only(made.root / "ro", made.repository().parent):
        for refused in (lambda: take(here), lambda: here.source.audit(taken.segment, "nas", None)):
            with pytest.raises(Permanent, match=r"^store nas: the repository /.* cannot be written: its disk is mounted read-only"):
                refused()
        bring(here, taken, taken.order(made.root / "restored"))
        assert not list(here.source.compare([(taken.segment, taken.plain)]))
    assert tree(made.root / "restored").keys() == tree(made.path).keys() - {"left.tmp"}


def test_another_one_of_the_same_password_holds_nothing_that_it_was_not_given(made):
    taken = take(made)
    shutil.rmtree(made.repository(0))
    shutil.copytree(made.repository(1), made.repository(0))
    with pytest.raises(Corrupt, match="holds no snapshot"):
        made.source.prove(taken.plain)
    assert made.source.held("nas") == frozenset()
    with pytest.raises(Refused, match="no repository holds its snapshot any more"):
        made.source.select(taken.order(made.root / "restored"), [(taken.segment, taken.plain)], [])


@pytest.mark.parametrize("how", ["one path", "a link", "another way to it"])
def test_two_stores_that_are_one_folder_are_not_two_copies(made, how):
    first, second = made.addresses
    place = {"one path": first.place, "a link": second.place, "another way to it": f"{made.root}/disk/../nas/repositories/uploads/restic"}
    if how == "a link":
        shutil.rmtree(second.place)
        (made.root / "disk/repositories/uploads/restic").symlink_to(first.place)
    with pytest.raises(Refused, match=r"stores nas and disk lead to one place, .*: that is one copy and not two"):
        take(replace(made, addresses=(first, replace(second, place=place[how]))))
    assert made.snapshots() == []


def test_a_copy_that_fails_names_both_stores(made):
    taken = take(made)
    for pack in made.packs():
        pack.unlink()
    with pytest.raises(Permanent, match=r"^store disk: the repository /.*, copied from store nas: restic copy failed"):
        made.source.carry(taken.segment)


def test_a_folder_for_caches_that_cannot_be_one_costs_time_only(made):
    (made.root / "no folder").touch()
    assert take(made.with_(cache=made.root / "no folder")).facts.warnings == ()
