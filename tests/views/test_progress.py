"""Progress and endings: what a person reads while a run goes on, and when it is over."""

import threading
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from redis import Redis
from rich.console import Console

from tests.catalog.samples import FACTS
from workers.artifact import Order, Run, new_run_id
from workers.catalog.ledger import Entry, Ledger, Reason
from workers.errors import Refused
from workers.views import progress

BACKUP = Run("7d06883c", "backup", "community", "db1", "20261122T000000Z-full-9f3a11c2")
NOTES = (("copies", "nas"), ("plain", "1048576"), ("segments", "3"), ("stored", "524288"), ("warnings", "view old is broken"))
SEALED = Entry(BACKUP, "done", closed=BACKUP.opened + timedelta(seconds=4), notes=NOTES)


@pytest.fixture
def ledger(redis):
    return Ledger(Redis.from_url(redis.url, decode_responses=True))


def test_a_sealed_backup_says_where_it_lies_and_what_was_left_out():
    assert progress.ending(SEALED) == (
        "Sealed 20261122T000000Z-full-9f3a11c2 in 4.0 s: 512.0 KiB in nas, 3 of 3 segments read back.\n  ! view old is broken"
    )


def test_a_restore_says_how_many_rows_were_counted_of_how_many():
    order = Order(BACKUP.backup, "community", "community_r", FACTS)
    run = replace(BACKUP, work="restore", order=order)
    entry = Entry(run, "done", closed=run.opened + timedelta(seconds=70), notes=(("expected", "1205"), ("rows", "1205"), ("tables", "2")))
    assert progress.ending(entry) == "Restored into community_r and proven in 1 min 10 s: 2 tables, 1,205 of 1,205 rows."


def test_a_failure_names_its_step_and_reason():
    entry = replace(SEALED, state="failed", reason=Reason("backup.upload", "store nas is full", 3))
    assert progress.ending(entry) == "Backup of community failed after 4.0 s: backup.upload: store nas is full"


def test_watching_ends_when_the_run_ends(ledger):
    run = replace(BACKUP, id=new_run_id())
    ledger.open(run)
    ledger.count(run.id, expected__bytes=10, dumped__bytes=20)
    threading.Timer(0.5, ledger.close, (run.id, "done")).start()
    assert progress.watch(ledger, run.id, Console(file=StringIO())).state == "done"


def test_a_run_that_control_never_takes_is_told_with_what_to_start(ledger, monkeypatch):
    monkeypatch.setattr(progress, "APPEARS", 0.3)
    with pytest.raises(Refused, match="is a worker of control running"):
        progress.watch(ledger, "deadbeef", Console(file=StringIO()))
