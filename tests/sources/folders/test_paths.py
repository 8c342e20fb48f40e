"""Paths of restores: which is a place, and what the system says of it."""

import errno
import os

import pytest

from workers.errors import Permanent, Refused
from workers.sources.folders.paths import place_of, shown, sync_system, told


@pytest.mark.parametrize("into", ["relative/folder", "/", "/srv/..", "/srv/\0"])
def test_only_a_folder_of_its_own_is_a_place(into):
    with pytest.raises(Refused, match="name one by its absolute path"):
        place_of(into)


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "no room left"), (errno.EDQUOT, "no room left"), (errno.EACCES, "denied")])
def test_what_the_system_says_is_told_with_the_path(number, words):
    with pytest.raises(Permanent, match=f"cannot restore /srv/a: .*{words}"), told("/srv/a"):
        raise OSError(number, "denied")


def test_what_the_system_says_of_a_disk_that_takes_nothing_more_is_raised(tmp_path, monkeypatch):
    sync_system(tmp_path)
    monkeypatch.setattr(os, "open", lambda *_: 1 << 20)  # a descriptor that the kernel does not know
    monkeypatch.setattr(os, "close", lambda _: None)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_system(tmp_path)


def test_a_name_that_is_no_utf8_is_told_in_signs_that_every_screen_has():
    with pytest.raises(Permanent, match=r"cannot restore /srv/.udcff: denied"), told("/srv/\udcff"):
        raise OSError(errno.EACCES, "denied")
    assert shown("") == "."
