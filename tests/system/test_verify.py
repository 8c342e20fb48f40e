"""Verifications on real processes: three verdicts, each for its own reason, and nothing is left, whatever was killed."""

import os
import re
import signal
import time
from dataclasses import replace

import pytest

from tests.system.conftest import segments
from tests.system.processes import parent
from tests.system.test_killed import revive
from tests.system.test_restore import flip
from workers.artifact import Count
from workers.catalog.manifest import manifest_key, read, seal

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def backup(ground):
    return ground.sound()


def verify(ground, backup=None):
    return ground.send("start.verify", "community", backup)


def databases(ground):
    with ground.here.database.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM information_schema.schemata")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture(autouse=True)
def untouched(ground):
    """No verification leaves a database, a folder or a server."""
    before = databases(ground)
    yield
    end = time.monotonic() + 10  # the sweep of a run that failed is a task of its own
    while left := [*(databases(ground) ^ before), *ground.here.root.glob("scratch/*"), *ground.processes.clients().values()]:
        assert time.monotonic() < end, left
        time.sleep(0.1)
    assert ground.bench.ledger.holder("verify:db1") is None


@pytest.fixture
def without_program(ground):
    """The host has no program of the server: trials go beside the live database."""
    (ground.tools.folder / "mariadbd").unlink()


def over(ground, run, state, verdict):
    """The end of a verification: its state and verdict, and the one message about it."""
    entry = ground.ended(run, 60)
    ground.heard(run)
    assert (entry.state, entry.note("verdict")) == (state, verdict), entry
    (text,) = ground.told(run)
    return entry, text


def test_a_good_backup_passes_on_a_scratch_server_and_is_told_with_what_was_counted(ground, backup):
    entry, text = over(ground, verify(ground), "done", "passed")
    assert entry.run.backup == backup
    for words in ("✅ Verification passed · community", "followed, row by row", "scratch server (mariadb)"):
        assert words in text
    assert re.search(r"Proven: (\d+) of \1 tables, ([\d,]+) of \2 rows", text)
    assert entry.note("relations")


def test_without_the_program_of_the_server_it_passes_beside_the_live_database(ground, backup, without_program):
    run = verify(ground, backup)
    entry, text = over(ground, run, "done", "passed")
    assert f"database canvasback_verify_{run}, beside the live one" in text
    assert int(entry.note("rows")) == int(entry.note("expected")) > 0


def test_a_damaged_segment_fails_and_names_it(ground, backup, without_program):
    flip(victim := segments(ground.here.root, backup)[-1])
    entry, text = over(ground, verify(ground, backup), "failed", "failed")
    assert "❌ Verification failed: the backup is bad · community" in text
    assert victim.name in entry.reason.reason


def test_a_count_that_is_not_that_of_the_manifest_fails_and_names_the_table(ground, backup, without_program):
    path = ground.nas / manifest_key("community", backup)
    good = read(path.read_bytes())
    first, *rest = good.facts.counts
    facts = replace(good.facts, counts=(Count(first.name, first.rows + 1), *rest))
    path.chmod(0o600)
    path.write_bytes(seal(replace(good, facts=facts)))
    entry, _ = over(ground, verify(ground, backup), "failed", "failed")
    assert f"{first.name}: {first.rows} rows, expected {first.rows + 1}" in entry.reason.reason


def test_a_backup_that_is_not_known_is_no_verdict_and_people_hear_of_it(ground, backup):
    entry, text = over(ground, verify(ground, "20200101T000000Z-full-00000000"), "refused", None)
    assert "⚠️ Verification without a verdict · community" in text
    assert "has no backup" in entry.reason.reason


def no_verdict(ground, run):
    """A verification that was lost: one alert, which says so."""
    entry, text = over(ground, run, "failed", None)
    assert "lost" in entry.reason.reason or "signal 9" in entry.reason.reason
    assert "⚠️ Verification without a verdict" in text


def test_a_worker_that_is_killed_in_the_middle_takes_its_scratch_server_with_it(ground, backup):
    run = verify(ground, backup)
    ground.until(run, "loaded.segments")
    ground.here.cluster.kill("restore@db1")
    revive(ground)
    no_verdict(ground, run)


def test_a_process_that_is_killed_in_the_middle_leaves_no_database_beside_the_live_one(ground, backup, without_program):
    run, place = verify(ground, backup), "canvasback_verify_{}"
    end = time.monotonic() + 30
    while place.format(run) not in databases(ground):
        assert time.monotonic() < end
        time.sleep(0.01)
    with ground.here.database.admin() as connection, connection.cursor() as cursor:
        cursor.execute("FLUSH TABLES WITH READ LOCK")  # the trial stands still now, wherever it is
        worker = ground.here.cluster.children["restore@db1"].pid
        for pid in [pid for pid in ground.processes.pids() if parent(pid) == worker]:
            os.kill(pid, signal.SIGKILL)
    no_verdict(ground, run)
