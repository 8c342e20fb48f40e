"""BorgBackup's lines about names, heard as the house understands them."""

import json
from datetime import UTC, datetime

import pytest

from workers.sources.borg.listing import Listed, Taking
from workers.sources.engine.name import Name

LINE = {
    "type": "-",
    "mode": "-rw-r-----",
    "uid": 1000,
    "gid": 33,
    "size": 12,
    "mtime": "2026-11-22T14:30:00.123456",
    "path": "uploads/a/사진.png",
}
MOMENT = datetime(2026, 11, 22, 14, 30, 0, 123456, UTC)


def heard(**changes: object) -> Name:
    found = list[Name]()
    Listed("uploads", found.append).hear(json.dumps(LINE | {"mtime": "2026-11-22T14:30:00.123456", "path": "uploads/a/사진.png"} | changes))
    (name,) = found
    return name


def test_a_file_is_told_below_its_folder() -> None:
    assert heard() == Name("a/사진.png", "-rw-r-----", 12, 1000, 33, MOMENT)


def test_the_folder_itself_has_no_path() -> None:
    assert heard(path="uploads", type="d", mode="drwxr-x---").path == ""


def test_a_further_name_of_a_file_is_a_file_whose_size_is_not_told() -> None:
    name = heard(type="h", mode="hrw-r-----", size=0)
    assert (name.mode, name.sort, name.size) == ("-rw-r-----", "-", None)


@pytest.mark.parametrize(("status", "taken"), [("-", ["a/b"]), ("d", ["a/b"]), ("x", [])])
def test_a_backup_that_is_not_made_tells_what_it_would_take(status: str, taken: list[str]) -> None:
    found = list[str]()
    line = json.dumps({"type": "file_status", "status": status, "path": "uploads/a/b"})
    assert not Taking("uploads", found.append).hear(line)
    assert found == taken


@pytest.mark.parametrize("line", ["a warning in plain words", '{"type": "log_message", "message": "no"}', ""])
def test_what_is_no_name_is_kept_as_words(line: str) -> None:
    found = list[str]()
    assert Taking("uploads", found.append).hear(line)
    assert found == []
