"""What is kept of what the system says about a name, and which entries a restore can make."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from workers.sources.files.entry import KEPT, Body, Entry, Stat, Type, stat_of

BODY = Body("00000001", 0, 512, 3, "ab" * 32)


def test_a_file_is_told_with_its_size_and_permissions_alone(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    path.chmod(0o4640)
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    found = stat_of(path.lstat())
    assert (found.type, found.size, found.mode, found.mtime_ns) == (Type.FILE, 3, 0o4640, 1_700_000_000_123_456_789)


def test_the_size_of_a_folder_is_no_change(tmp_path: Path) -> None:
    assert (stat_of(tmp_path.lstat()).type, stat_of(tmp_path.lstat()).size) == (Type.FOLDER, 0)


def test_links_and_pipes_are_told_apart_from_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    os.mkfifo(tmp_path / "pipe")
    assert [stat_of((tmp_path / name).lstat()).type for name in ("link", "pipe")] == [Type.SYMLINK, Type.PIPE]


def test_a_file_needs_its_bytes_or_another_name_for_them() -> None:
    file = Entry("a", Stat(Type.FILE, 3))
    assert not file.restorable
    assert replace(file, body=BODY).restorable
    assert Entry("a", Stat(Type.FILE, 3), link="b").restorable


@pytest.mark.parametrize("kind", [kind for kind in Type if kind is not Type.FILE])
def test_everything_else_is_made_where_a_restore_can_make_it(kind: Type) -> None:
    assert Entry("a", Stat(kind)).restorable is (kind in KEPT)
