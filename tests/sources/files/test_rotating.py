"""A log that is rotated while its folder is read is neither lost nor doubled."""

import os
import time

import pytest

from tests.sources.files.conftest import TICK
from tests.sources.files.hands import Hands
from workers.artifact import Kind
from workers.sources.files.rotating import hold, release


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


def test_only_files_are_held_and_all_are_closed(tmp_path):
    (tmp_path / "a.log").touch()
    (tmp_path / "b.log").mkdir()
    (tmp_path / "c.log").symlink_to("a.log")
    os.mkfifo(tmp_path / "d.log")
    folder = os.open(tmp_path, os.O_RDONLY)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # counted, not walked
    names, held = hold(folder, lambda name: True)
    assert (names, list(held)) == ([b"a.log", b"b.log", b"c.log", b"d.log"], [b"a.log"])
    release(held)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    os.close(folder)
