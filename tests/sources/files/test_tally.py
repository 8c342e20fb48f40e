"""What a tree is counted and known by: everything that a restore brings back, and nothing that it cannot."""

import pytest
from msgspec.structs import replace

from workers.artifact import Count
from workers.sources.files.entry import Body, Entry, Stat, Type
from workers.sources.files.tally import Tally

BODY = Body("1", 0, 512, 3, "ab" * 32)
FILE = Entry("a/b", Stat(Type.FILE, 3, 5, 6, 7, 0o644, 1000, 1000), xattrs=(("user.x", "eA=="),), body=BODY)


def fingerprint(*entries: Entry) -> str:
    tally = Tally()
    for entry in entries:
        tally.add(entry)
    return tally.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        replace(FILE, path="a/c"),
        replace(FILE, xattrs=()),
        replace(FILE, link="a/a"),
        replace(FILE, body=replace(BODY, sha256="cd" * 32)),
        *(replace(FILE, stat=replace(FILE.stat, **{name: 9})) for name in ("size", "mtime_ns", "mode", "uid", "gid")),
        Entry("a/b", Stat(Type.SYMLINK), target="x"),
    ],
)
def test_everything_that_a_restore_brings_back_is_in_the_fingerprint(other: Entry) -> None:
    assert fingerprint(other) != fingerprint(FILE)


@pytest.mark.parametrize("other", [replace(FILE, stat=replace(FILE.stat, inode=1)), replace(FILE, stat=replace(FILE.stat, ctime_ns=1))])
def test_what_no_restore_brings_back_is_not(other: Entry) -> None:
    assert fingerprint(other) == fingerprint(FILE)


@pytest.mark.parametrize(
    "other",
    [replace(FILE, body=None), Entry("gone", Stat(Type.GONE)), Entry("sock", Stat(Type.SOCKET)), Entry("tty", Stat(Type.CHARACTER))],
)
def test_what_no_restore_makes_is_neither_counted_nor_known_by(other: Entry) -> None:
    tally = Tally()
    tally.add(other)
    assert (tally.counts, tally.fingerprint) == ((), Tally().fingerprint)


def test_sorts_are_counted_files_and_folders_first_and_what_there_is_none_of_is_left_out() -> None:
    tally = Tally()
    for entry in (Entry("p", Stat(Type.PIPE)), Entry("d", Stat(Type.FOLDER)), FILE, replace(FILE, path="h", body=None, link="a/b")):
        tally.add(entry)
    assert tally.counts == (Count("files", 2), Count("folders", 1), Count("pipes", 1))
