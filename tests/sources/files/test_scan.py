"""A walk meets every name once, in order, however deep, and holds little."""

import os
import tracemalloc

from workers.sources.files.names import key
from workers.sources.files.notes import Notes
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
        for number in range(500):
            (tmp_path / str(folder) / f"{number:0100}").touch()
    tracemalloc.start()
    assert sum(1 for _ in Walk(tmp_path, Everything(), Notes())) == 10_021
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400_000  # 20 folders at once would be 3 MB
