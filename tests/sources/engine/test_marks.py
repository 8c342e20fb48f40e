"""Marks of processes: whose a lock is, long after its worker died."""

import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from workers.errors import Refused
from workers.sources.engine import marks


def ended(folder):
    """The number and the mark of a process that is gone."""
    child = subprocess.Popen(["sleep", "60"])
    mark = marks.note(folder, child.pid)
    child.kill()
    child.wait()
    return child.pid, mark


def test_what_a_dead_process_of_ours_left_is_ours(tmp_path):
    pid, mark = ended(tmp_path / "state")
    assert marks.left(tmp_path / "state", pid, datetime.now(UTC)) == mark


def test_what_a_living_process_holds_is_not_left(tmp_path):
    marks.note(tmp_path / "state", os.getpid())
    assert marks.left(tmp_path / "state", os.getpid(), datetime.now(UTC)) is None


def test_what_is_older_than_the_mark_is_somebody_elses_who_had_the_number_before(tmp_path):
    pid, _ = ended(tmp_path / "state")
    assert marks.left(tmp_path / "state", pid, datetime.now(UTC) - timedelta(minutes=1)) is None


def test_a_number_without_a_mark_is_a_strangers(tmp_path):
    ended(tmp_path / "state")
    assert marks.left(tmp_path / "state", 1, datetime.now(UTC)) is None
    assert marks.left(tmp_path / "nowhere", 1, datetime.now(UTC)) is None


def test_a_process_of_before_the_machine_started_again_is_gone_though_its_number_is_taken(tmp_path):
    mark = marks.note(tmp_path / "state", os.getpid())
    before = mark.rename(mark.with_name(f"{os.getpid()}.{mark.name.split('.')[1]}.another-boot"))
    assert marks.left(tmp_path / "state", os.getpid(), datetime.now(UTC)) == before


def test_old_marks_are_cleared(tmp_path):
    _, mark = ended(tmp_path / "state")
    os.utime(mark, (0, 0))
    marks.note(tmp_path / "state", os.getpid())
    assert not mark.exists()


@pytest.mark.parametrize("made", ["open to others", "a link"])
def test_a_folder_that_others_could_write_is_refused(tmp_path, made):
    folder = tmp_path / "state"
    if made == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(Refused, match="of this user alone"):
        marks.note(folder, os.getpid())
