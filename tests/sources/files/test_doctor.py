"""What the check says of a folder, in findings with a remedy."""

from pathlib import Path

import pytest

from workers.sources.files.doctor import examine
from workers.sources.files.options import FilesOptions


def first(path: Path, **options):
    return examine(FilesOptions(path=path, **options))[0]


def test_a_folder_with_files_is_fine(root):
    assert first(root).ok


@pytest.mark.parametrize(("name", "found"), [("none", "is not there"), ("file", "is no folder"), ("empty", "is empty, as a lost mount is")])
def test_a_folder_that_cannot_be_a_backup_is_found_with_a_remedy(tmp_path, name, found):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    finding = first(tmp_path / name)
    assert (finding.ok, finding.found, bool(finding.remedy)) == (False, found, True)


def test_an_empty_folder_that_may_be_empty_is_fine(tmp_path):
    assert first(tmp_path, allow_empty=True).ok


def test_a_folder_that_may_not_be_read_is_found(root, nobody, tmp_path):
    (tmp_path / "work").mkdir()
    root.chmod(0o700)
    with nobody(root):
        checks = examine(FilesOptions(path=root))
    assert not checks[0].ok
    assert "owners do not come back" in checks[1].found
