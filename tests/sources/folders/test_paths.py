"""What restores of folders share."""

import errno
from pathlib import Path

import pytest

from workers.errors import Permanent, Refused
from workers.sources.folders import Beside, place_of, told


def test_a_restore_works_beside_its_place_under_a_name_that_is_short_however_long_the_places_is():
    work = Beside(Path("/srv") / ("업" * 85), "20261126T000000Z-full-00000000")
    assert (work.folder.parent, work.tree.parent) == (Path("/srv"), work.folder)
    assert len(work.folder.name) < 64


@pytest.mark.parametrize("into", ["relative/folder", "/", "/srv/..", "/srv/\0"])
def test_only_a_folder_of_its_own_is_a_place(into):
    with pytest.raises(Refused, match="name one by its absolute path"):
        place_of(into)


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "no room left"), (errno.EDQUOT, "no room left"), (errno.EACCES, "denied")])
def test_what_the_system_says_is_told_with_the_path(number, words):
    with pytest.raises(Permanent, match=f"cannot restore /srv/a: .*{words}"), told("/srv/a"):
        raise OSError(number, "denied")
