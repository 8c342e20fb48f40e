"""A walk meets every name once, in order, however deep, and holds little."""

import errno
import os
import tracemalloc

import pytest

from workers.sources.files import scan
from workers.sources.files.names import key
from workers.sources.files.notes import Notes, Sort
from workers.sources.files.rotating import hold
from workers.sources.files.rules import Everything
from workers.sources.files.scan import Walk


def walk(root):
    return [seen.path for seen in Walk(root, Everything(), Notes())]


def test_every_name_is_met_once_in_order(root):
    found = walk(root)
    assert found == sorted(found, key=key)
    assert len(found) == len(set(found)) == 1 + sum(len(folders) + len(files) for _, folders, files in os.walk(root))


def test_forty_levels_of_long_names_are_walked(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("x" * 255, dir_fd=folder)
        folder, above = os.open("x" * 255, os.O_RDONLY, dir_fd=folder), folder
        os.close(above)
    os.close(folder)
    assert len(walk(tmp_path)[-1]) == 40 * 256 - 1


def test_names_that_differ_by_case_alone_are_two(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "A").touch()
    assert walk(tmp_path) == ["", "A", "a"]


def test_a_link_to_a_folder_is_not_followed(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "up").symlink_to(tmp_path)
    assert walk(tmp_path) == ["", "d", "d/up"]


@pytest.mark.parametrize("name", ["a", "a/deep"])
def test_a_folder_swapped_for_a_link_during_a_walk_is_not_followed_and_told(root, tmp_path, name):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "secret").touch()
    real, notes, found = os.open, Notes(), []

    def swapped(path, flags, *rest, **more):
        """Right between the look at the folder and its opening."""
        if path == os.fsencode(name.rpartition("/")[2]) and not (root / name).is_symlink():
            (root / name).rename(tmp_path / "moved")
            (root / name).symlink_to(tmp_path / "victim")
        return real(path, flags, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", swapped)
        found = [(seen.path, seen.problem) for seen in Walk(root, Everything(), notes)]
    assert not any("secret" in path for path, _ in found)
    assert (name, "cannot be read, nor what is in it: Not a directory") in found
    assert notes.told(Sort.UNREADABLE).startswith(f"1 names could not be read: {name}: ")


def test_a_folder_that_can_be_opened_and_not_listed_has_its_problem_and_is_told(root, monkeypatch):
    def fails(folder, *rest):
        if os.path.samestat(os.fstat(folder), (root / "a").stat()):
            raise OSError(errno.EIO, "Input/output error")
        return hold(folder, *rest)

    monkeypatch.setattr(scan, "hold", fails)
    notes = Notes()
    found = {seen.path: seen.problem for seen in Walk(root, Everything(), notes)}
    assert (found["a"], "a/deep" in found) == ("cannot be listed: Input/output error", False)
    assert notes.warnings == ("a: cannot be listed: Input/output error",)


def test_a_name_that_vanishes_meanwhile_is_noted(tmp_path):
    for name in "abc":
        (tmp_path / name).touch()
    notes, found = Notes(), []
    for seen in Walk(tmp_path, Everything(), notes):
        found.append(seen.path)
        (tmp_path / "b").unlink(missing_ok=True)
    assert (found, notes.warnings) == (["", "a", "c"], ("b: vanished while the folder was read",))


def test_leaving_early_closes_every_folder(root):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # counted, not walked
    for _ in Walk(root, Everything(), Notes()):
        break
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_of_many_names_only_those_of_open_folders_are_held(tmp_path):
    for folder in range(20):
        (tmp_path / str(folder)).mkdir()
        for number in range(150):
            (tmp_path / str(folder) / f"{number:0200}").touch()
    tracemalloc.start()
    assert sum(1 for _ in Walk(tmp_path, Everything(), Notes())) == 3_021
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000  # 20 folders at once would be 1 MB
