"""A log that is rotated while its folder is read is neither lost nor doubled."""

import os
import resource
import shutil
import time
from pathlib import Path

import pytest

from tests.sources.files.conftest import TICK
from tests.sources.files.hands import Hands
from workers.artifact import Kind
from workers.sources.files import rotating, scan
from workers.sources.files.content import Content
from workers.sources.files.rotating import Kept, hold


@pytest.fixture
def logs(tmp_path):
    """Three generations of a log, and something else before them in the walk."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "logs" / "a first").write_bytes(os.urandom(1 << 21))
    for number, name in enumerate(("app.log", "app.log.1", "app.log.2")):
        (tmp_path / "logs" / name).write_text(f"generation {number}")
    time.sleep(TICK)
    return Hands(tmp_path / "logs", tmp_path / "work", {"rotating": ["*.log*"]})


def rotate(root):
    for new in (3, 2, 1):
        old = root / (f"app.log.{new - 1}" if new > 1 else "app.log")
        old.rename(root / f"app.log.{new}")
    (root / "app.log").write_text("new")


def rotated_meanwhile(hands):
    """What a backup holds that was rotated under while its first file was read, name by name."""
    with hands.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        blocks = next(parts).blocks
        first = next(blocks).data
        rotate(hands.root)
        archive = first + b"".join(block.data for block in blocks)
        list(next(parts).blocks)
        return archive, dump.facts()


def test_every_generation_is_there_once_under_the_name_that_it_had(logs, tmp_path):
    archive, facts = rotated_meanwhile(logs)
    assert [archive.count(b"generation %d" % number) for number in range(3)] == [1, 1, 1]
    assert archive.index(b"generation 0") < archive.index(b"generation 1") < archive.index(b"generation 2")
    assert facts.warnings == ()


def test_without_the_rule_the_oldest_would_be_missing(logs):
    logs.options = {}
    archive, _ = rotated_meanwhile(logs)
    assert [archive.count(b"generation %d" % number) for number in range(3)] == [1, 1, 0]


def test_a_log_that_is_compressed_and_removed_meanwhile_is_there(logs):
    with logs.source.dump(Kind.FULL) as dump:
        blocks = next(dump.parts()).blocks
        archive = next(blocks).data
        (logs.root / "app.log.2").unlink()
        archive += b"".join(block.data for block in blocks)
    assert b"generation 2" in archive


def test_a_backup_of_rotated_logs_comes_back_and_the_next_takes_what_is_new(logs, tmp_path):
    first = logs.full()
    rotate(logs.root)
    time.sleep(TICK)
    logs.restore(logs.since(first), tmp_path / "out")
    assert {path.name: path.read_text() for path in (tmp_path / "out").glob("app*")} == {
        "app.log": "new",
        "app.log.1": "generation 0",
        "app.log.2": "generation 1",
        "app.log.3": "generation 2",
    }


def copied_and_emptied(root, more=""):
    """As logrotate does it with `copytruncate`: the program goes on writing into the same file."""
    (root / "app.log.1").rename(root / "app.log.2")
    shutil.copy2(root / "app.log", root / "app.log.1")
    os.truncate(root / "app.log", 0)
    with (root / "app.log").open("a") as file:
        file.write(more)


@pytest.mark.parametrize("more", ["", "new", "new, and by now much more than there was before"])
def test_a_log_that_is_copied_and_emptied_meanwhile_is_there_once(logs, tmp_path, more):
    (logs.root / "app.log.2").unlink()
    with logs.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        blocks = next(parts).blocks
        archive = next(blocks).data
        copied_and_emptied(logs.root, more)
        archive += b"".join(block.data for block in blocks)
        list(next(parts).blocks)
        warnings = dump.facts().warnings
    assert [archive.count(b"generation %d" % number) for number in range(2)] == [1, 1]
    assert more.encode() in archive
    assert warnings == ()


def test_a_log_that_was_taken_before_it_got_a_later_name_is_there_once(logs):
    with logs.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        blocks = next(parts).blocks
        archive = next(blocks).data  # the walk stands at `a first`, which `*.log*` does not hold
        (logs.root / "app.log").rename(logs.root / "z app.log")
        os.truncate(logs.root / "app.log.1", 0)  # `app.log` is taken as it was; from here on the folder is looked at anew
        archive += b"".join(block.data for block in blocks)
        list(next(parts).blocks)
    assert archive.count(b"generation 0") == 1


def test_a_copy_that_comes_before_the_log_it_was_made_of_is_told(logs):
    with logs.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        blocks = next(parts).blocks
        next(blocks)
        shutil.copy2(logs.root / "app.log", logs.root / "a copy.log")
        os.truncate(logs.root / "app.log", 0)
        list(blocks)
        list(next(parts).blocks)
        assert dump.facts().warnings == ("a copy.log: came too late to be taken, and may be the copy of app.log",)


def test_a_log_that_is_emptied_again_and_again_is_taken_as_it_is_and_flagged(logs, monkeypatch):
    monkeypatch.setattr(Kept, "is_cut", True)
    warnings = logs.full().facts.warnings
    assert [words for words in warnings if "app.log: " in words] == ["app.log: was emptied again and again: what it held may be missing"]


def test_a_log_that_is_emptied_while_it_is_read_is_flagged(logs, monkeypatch):
    whole = Content.whole

    def emptied(content):
        data = whole(content)
        if data == b"generation 0":  # once: what is read next is an empty log, of which its times tell nothing odd
            os.truncate(logs.root / "app.log", 0)
            time.sleep(TICK)
        return data

    monkeypatch.setattr(Content, "whole", emptied)
    backup = logs.full()
    assert "app.log: changed while it was read" in backup.facts.warnings


def test_more_logs_than_can_be_held_open_are_told(logs, monkeypatch):
    monkeypatch.setattr(scan, "MOST", 2)
    (logs.root / "deep").mkdir()
    (logs.root / "deep" / "x.log").touch()
    more = "more files of `rotating` than are held open: one that is renamed now may be missing"
    assert logs.full().facts.warnings == (f".: 1 {more}", f"deep: 1 {more}")


def test_no_more_files_are_opened_than_a_process_may_have(tmp_path):
    for number in range(40):
        (tmp_path / f"{number:02}.log").touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(fd.name) for fd in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 30, before[1]))
    try:
        held = hold(folder, lambda name: True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert 0 < len(held.files) == 40 - held.more
    held.release()
    os.close(folder)


def test_a_folder_that_never_holds_still_is_told(logs, monkeypatch):
    monkeypatch.setattr(rotating, "_same", lambda folder, files: False)
    assert logs.full().facts.warnings == (".: its files were renamed all the while: one may be missing, or there twice",)


def test_only_files_are_held_and_all_are_closed(tmp_path):
    (tmp_path / "a.log").touch()
    (tmp_path / "b.log").mkdir()
    (tmp_path / "c.log").symlink_to("a.log")
    os.mkfifo(tmp_path / "d.log")
    folder = os.open(tmp_path, os.O_RDONLY)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # counted, not walked
    held = hold(folder, lambda name: True)
    assert (held.names, list(held.files), held.settled) == ([b"a.log", b"b.log", b"c.log", b"d.log"], [b"a.log"], True)
    held.release()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    os.close(folder)
