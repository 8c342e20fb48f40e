"""Stores and spools that are full, read-only or away: named with what to do, and what comes back by itself is waited for."""

import time

import pytest

from tests.system import disks

pytestmark = pytest.mark.timeout(120)


def test_a_store_that_is_not_mounted_is_named_with_what_to_do(ground):
    (ground.nas / ".canvasback-store").unlink()
    ground.one_failure(ground.backup(), "backup.upload", "Is the disk mounted?")


def test_a_store_that_is_full_is_named_and_no_torn_object_stays(ground):
    with disks.small(ground.nas / "community", "64k") as disk:
        ground.one_failure(ground.backup(), "backup.upload", "store nas is full")
        assert list(disk.rglob(".part-*")) == []
        assert sum(file.stat().st_size for file in disk.rglob("*.zst")) < 64 << 10


def test_a_store_that_is_read_only_is_named(ground):
    with disks.read_only(ground.nas / "community"):
        ground.one_failure(ground.backup(), "backup.upload", "Read-only file system")


def test_a_store_that_is_away_for_a_moment_is_waited_for_and_the_backup_sealed_once(ground):
    with disks.away(ground.nas):
        run = ground.backup()
        retried(ground, run)
    entry = ground.ended(run)
    assert entry.state == "done", entry
    assert entry.run.backup in ground.sealed()


def test_a_spool_whose_disk_is_full_is_named(ground):
    with disks.small(ground.spool, "1m"):
        ground.one_failure(ground.backup(), "backup.dump", "is full")


def retried(ground, run, seconds=30):
    """Wait until an upload was sent back to try again."""
    end = time.monotonic() + seconds
    while not any(step.outcome == "retry" for step in ground.bench.ledger.steps(run)):
        assert time.monotonic() < end, ground.bench.ledger.steps(run)
        time.sleep(0.05)
