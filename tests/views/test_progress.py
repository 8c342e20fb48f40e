"""Progress and endings: what a person reads while a run goes on, and when it is over."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from redis import Redis
from rich.console import Console
from rich.progress import Progress

from tests.catalog.samples import FACTS
from workers.artifact import Order, Run, Until, new_run_id
from workers.catalog.ledger import SERVER, WAITING, Entry, Ledger, Reason
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


def test_rates_are_in_the_units_of_all_other_sizes():
    bars = Progress(console=Console(file=StringIO()))
    bars.add_task("load", total=100)
    (task,) = bars.tasks
    assert progress.Rate().render(task).plain == "–"
    task.finished_speed = 190_945_689.6
    assert progress.Rate().render(task).plain == "182.1 MiB/s"


def test_a_run_that_is_over_before_it_is_watched_shows_its_bytes_as_done(ledger):
    run = replace(BACKUP, id=new_run_id())
    ledger.open(run)
    ledger.count(run.id, expected__bytes=4096, dumped__bytes=2048, stored__bytes=1024, verified__bytes=1024)
    ledger.close(run.id, "done")
    out = StringIO()
    progress.watch(ledger, run.id, Console(file=out, width=120, force_terminal=True, color_system=None))
    assert "2.0/2.0 KiB" in out.getvalue()
    assert "done" in out.getvalue()


def test_a_server_that_works_by_itself_has_a_bar_of_its_own(ledger):
    run = replace(BACKUP, id=new_run_id())
    ledger.open(run)
    ledger.note(run.id, SERVER, "2048/8192")
    ledger.close(run.id, "done")
    out = StringIO()
    progress.watch(ledger, run.id, Console(file=out, width=120, force_terminal=True, color_system=None))
    assert "server" in out.getvalue()
    assert "2.0/8.0 KiB" in out.getvalue()
    assert progress.by_itself(SEALED) is None


def test_a_restore_to_a_moment_has_a_bar_for_each_of_its_parts():
    order = Order(BACKUP.backup, "community", "x", FACTS, until=Until(gtid="0-10-4"))
    labels = [bar.label for bar in progress.bars(replace(BACKUP, work="restore", order=order))]
    assert labels == ["base", "logs", "replay", "load"]


def test_the_advice_of_a_failure_names_what_begins_a_new_run():
    assert 'backup("community") begins a new run' in progress.advice(replace(SEALED, state="failed"))


def test_an_alert_that_waits_is_the_first_advice():
    assert "people were not told" in progress.advice(replace(SEALED, alert="waiting: slack answers 500"))


def test_an_open_run_is_to_be_watched_and_a_sealed_one_can_be_planned():
    assert progress.advice(replace(SEALED, state="open")) == 'watch("7d06883c") shows it'
    assert f'backup="{BACKUP.backup}"' in progress.advice(SEALED)


def test_an_open_run_that_waits_says_for_what():
    entry = replace(SEALED, state="open")
    assert progress.going(entry) == "It is still going."
    assert progress.going(replace(entry, notes=((WAITING, ""),))) == "It is still going."
    assert progress.going(replace(entry, notes=((WAITING, "the server is busy"),))) == "It waits: the server is busy."


def test_watching_says_what_a_run_waits_for(ledger):
    run, out = replace(BACKUP, id=new_run_id()), StringIO()
    ledger.open(run)
    ledger.note(run.id, WAITING, "the server is busy")
    threading.Timer(0.5, ledger.close, (run.id, "done")).start()
    progress.watch(ledger, run.id, Console(file=out, width=120))
    assert out.getvalue().count("It waits: the server is busy.") == 1


def test_a_bad_copy_is_named_with_its_store_and_key():
    entry = replace(SEALED, notes=(("bad:nas/community/x/segments/000002.data.zst", "SHA-256 differs"), ("rows", "1")))
    assert progress.bad_copies(entry) == "  ! bad copy nas/community/x/segments/000002.data.zst: SHA-256 differs"


def test_a_heading_says_which_run_where_and_since_when():
    entry = replace(SEALED, run=replace(BACKUP, opened=datetime(2026, 11, 22, tzinfo=UTC)), closed=None, state="open")
    assert progress.heading(entry, ZoneInfo("Asia/Seoul")) == (
        "run 7d06883c · backup of community on db1 · open · began 2026-11-22 09:00:00 +09:00"
    )


def test_a_heading_of_a_moment_says_to_when_and_where():
    order = Order(BACKUP.backup, "community", "community", FACTS, until=Until(gtid="0-10-4"), server="/srv/new")
    entry = replace(SEALED, run=replace(BACKUP, work="restore", order=order))
    assert "restore of community to 0-10-4 and with it into /srv/new on db1" in progress.heading(entry, ZoneInfo("Asia/Seoul"))
    assert progress.ending(entry).startswith("Restored into /srv/new and proven")


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


OVER = replace(BACKUP, work="restore", first="0badcafe", order=Order(BACKUP.backup, "community", "community", FACTS, "community"))


def test_a_restore_is_watched_together_with_the_safety_backup_before_it(ledger):
    run, first = replace(OVER, id=new_run_id(), first=new_run_id()), replace(BACKUP, id=new_run_id())
    out, there = StringIO(), replace(first, id=run.first)
    ledger.open(run)
    ledger.open(there)
    ledger.count(there.id, expected__bytes=4096, dumped__bytes=2048)
    for each in (there, run):
        ledger.close(each.id, "done")
    assert progress.watch(ledger, run.id, Console(file=out, width=140, force_terminal=True, color_system=None)).run == run
    assert "safety: dump" in out.getvalue()
    assert "2.0/2.0 KiB" in out.getvalue()


def test_a_restore_that_was_refused_before_its_safety_backup_began_is_shown_all_the_same(ledger):
    ledger.open(run := replace(OVER, id=new_run_id(), first=new_run_id()))
    ledger.close(run.id, "refused")
    assert progress.watch(ledger, run.id, Console(file=StringIO())).state == "refused"


def test_a_heading_names_the_run_that_belongs_to_it():
    assert "of community into community · after safety backup 0badcafe on db1" in progress.heading(Entry(OVER, "open"), ZoneInfo("UTC"))
    first = Entry(replace(BACKUP, then="7c1e0a2b"), "open")
    assert "backup of community · safety of 7c1e0a2b on db1" in progress.heading(first, ZoneInfo("UTC"))


def test_what_was_replaced_and_how_it_comes_back_is_said_at_the_end_of_a_restore():
    notes = (("rows", "5"), ("safety", "20261122T130000Z-full-0badcafe"), ("tables", "1"), ("touched", "now"))
    entry = Entry(OVER, "done", closed=OVER.opened + timedelta(seconds=4), notes=notes)
    assert progress.ending(entry).splitlines()[1:] == ['  · 20261122T130000Z-full-0badcafe holds what was there before · undo("7d06883c")']


def test_cancelling_says_whether_anything_was_changed():
    entry = Entry(OVER, "open")
    assert "nothing was changed" in progress.cancelling(entry)
    assert "community stays half made" in progress.cancelling(replace(entry, notes=(("touched", "now"),)))
