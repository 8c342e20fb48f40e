"""restic's lines about names, heard as the house understands them."""

import json
from datetime import UTC, datetime

import pytest

from workers.sources.engine.name import Name
from workers.sources.restic.listing import Listed, Taking

LINE = {"struct_type": "node", "type": "file", "mode": 0o640, "uid": 1000, "gid": 33, "size": 12, "path": "/uploads/a/사진.png"}
SET_UID, SET_GID, STICKY = 1 << 23, 1 << 22, 1 << 20  # where Go keeps them


def heard(**changes: object) -> list[Name]:
    found = list[Name]()
    Listed("uploads", found.append).hear(json.dumps(LINE | {"mtime": "2026-11-22T23:30:00.123456789+09:00"} | changes))
    return found


def test_a_file_is_told_below_its_folder_in_utc() -> None:
    moment = datetime(2026, 11, 22, 14, 30, 0, 123456, UTC)
    assert heard() == [Name("a/사진.png", "-rw-r-----", 12, 1000, 33, moment)]


def test_the_folder_itself_has_no_path_and_no_bytes() -> None:
    found = list[Name]()
    line = {key: value for key, value in LINE.items() if key != "size"} | {"path": "/uploads", "type": "dir", "mode": 0o750}
    Listed("uploads", found.append).hear(json.dumps(line | {"mtime": "2026-11-22T14:30:00Z"}))
    assert [(name.path, name.mode, name.size) for name in found] == [("", "drwxr-x---", 0)]


@pytest.mark.parametrize(
    ("kind", "mode", "written"),
    [
        ("file", SET_UID | 0o755, "-rwsr-xr-x"),
        ("dir", SET_GID | 0o750, "drwxr-s---"),
        ("dir", STICKY | 0o777, "drwxrwxrwt"),
        ("symlink", 0o777, "lrwxrwxrwx"),
        ("fifo", 0o600, "prw-------"),
        ("socket", 0o600, "srw-------"),
        ("chardev", 0o600, "crw-------"),
        ("dev", 0o660, "brw-rw----"),
    ],
)
def test_modes_are_written_as_ls_does(kind: str, mode: int, written: str) -> None:
    assert [name.mode for name in heard(type=kind, mode=mode)] == [written]


def test_the_line_about_the_snapshot_itself_is_no_name() -> None:
    assert heard(struct_type="snapshot") == []


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ('{"message_type": "verbose_status", "action": "new", "item": "/uploads/a/b"}', ["a/b"]),
        ('{"message_type": "verbose_status", "action": "scan_finished"}', []),
        ('{"message_type": "status", "percent_done": 1}', []),
        ("no JSON at all", []),
    ],
)
def test_a_backup_that_is_not_made_tells_what_it_would_take(line: str, taken: list[str]) -> None:
    found = list[str]()
    Taking("uploads", found.append).hear(line)
    assert found == taken
