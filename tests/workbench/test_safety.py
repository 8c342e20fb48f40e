"""The safety backup: a restore over live data begins when it was sealed, once, and ends with its reason where it was not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.catalog.samples import FULL, put
from workers import sources
from workers.artifact import Order
from workers.bench import opening, reaping, safety, telling
from workers.bench.safety import Next
from workers.catalog.ledger import Reason
from workers.errors import Permanent, Refused
from workers.ports import Place

OVER = Order(FULL.id, "community", "community", FULL.facts, "community")


@pytest.fixture
def tools(orders):
    orders.app.tools.redis.flushdb()
    return orders.app.tools


@pytest.fixture
def ledger(tools):
    return tools.ledger


@pytest.fixture
def restore(tools):
    """A restore over live data that was opened and waits; its locks are taken."""
    opened = opening.restore(tools, "community", OVER, None)
    opened.take(tools.ledger)
    tools.ledger.keep(opened.run)
    return opened.run


@pytest.fixture
def backup(tools, restore):
    """Its safety backup, which goes on."""
    made = safety.backup_of(restore, "db1")
    tools.ledger.open(made)
    return made


def ended(ledger, backup, state, *reason):
    if reason:
        ledger.fail(backup.id, Reason(*reason))
    ledger.close(backup.id, state)
    return ledger.entry(backup.id)


def test_only_a_restore_over_live_data_waits_for_another_run(tools, restore):
    assert restore.first
    beside = opening.restore(tools, "community", replace(OVER, into="copy", confirm=None), None)
    assert beside.run.first is None
    with pytest.raises(Permanent, match="waits for no other run"):
        safety.backup_of(beside.run, "db1")


def test_a_safety_backup_is_a_full_of_the_same_target_and_host_that_names_its_restore(restore, backup):
    assert (backup.id, backup.then, backup.target, backup.host) == (restore.first, restore.id, "community", "db1")
    assert "-full-" in backup.backup
    assert backup.deadline == restore.deadline


def test_its_end_frees_no_lock_of_the_restore(ledger, restore, backup):
    ended(ledger, backup, "done")
    assert [ledger.holder(lock) for lock in ("data:community", "restore:db1")] == [restore.id] * 2


def test_a_restore_begins_once_however_often_the_end_is_reported(ledger, restore, backup):
    entry = ended(ledger, backup, "done")
    assert safety.next_of(ledger, entry) == Next(begins=restore)
    ledger.claim(restore.id, safety.BEGUN)
    assert [safety.next_of(ledger, entry) for _ in range(2)] == [Next(), Next()]
    assert ledger.entry(restore.id).note(safety.SEALED) == backup.backup


def test_a_restore_that_was_lost_between_being_taken_and_being_sent_is_ended(ledger, restore, backup):
    entry = ended(ledger, backup, "done")
    safety.next_of(ledger, entry)
    assert safety.next_of(ledger, entry) == Next(ends=restore.id)
    assert "the start was lost" in ledger.entry(restore.id).reason.reason


def test_a_safety_backup_that_fails_ends_its_restore_with_the_true_reason_and_what_would_work(ledger, restore, backup):
    entry = ended(ledger, backup, "failed", "backup.upload", "store nas is full", 14)
    assert safety.next_of(ledger, entry) == Next(ends=restore.id)
    reason = ledger.entry(restore.id).reason
    assert (reason.step, reason.segment) == ("backup.upload", 14)
    assert all(words in reason.reason for words in ("nothing was restored: store nas is full", 'into="community_restored"'))


def test_a_safety_backup_that_is_cancelled_cancels_its_restore(tools, restore, backup):
    safety.next_of(tools.ledger, ended(tools.ledger, backup, "cancelled", "cancel", "cancelled by root"))
    assert telling.end(tools, restore.id, last=False).state == "cancelled"


def test_what_has_ended_does_not_begin_any_more(tools, restore, backup):
    tools.ledger.fail(restore.id, Reason("cancel", "cancelled by root"))
    telling.end(tools, restore.id, last=False)
    assert safety.next_of(tools.ledger, ended(tools.ledger, backup, "done")) == Next()


def test_a_restore_that_was_cancelled_at_the_last_moment_is_ended_and_not_begun(ledger, restore, backup):
    ledger.fail(restore.id, Reason("cancel", "cancelled by root"))
    assert safety.next_of(ledger, ended(ledger, backup, "done")) == Next(ends=restore.id)
    assert ledger.entry(restore.id).reason.step == "cancel"


def test_no_run_that_control_did_not_keep_is_begun(tools, restore, backup):
    """Hosts may write into the ledger: a run that only stands there begins nowhere."""
    forged = replace(restore, id="deadbeef", host="db2")
    tools.ledger.open(forged)
    entry = ended(tools.ledger, backup, "done")
    assert safety.next_of(tools.ledger, replace(entry, run=replace(backup, then=forged.id))).begins is None


def test_a_restore_waits_as_long_as_its_safety_backup_goes_on_or_has_not_been_followed(ledger, restore, backup):
    assert safety.waits(ledger, ledger.entry(restore.id))
    ended(ledger, backup, "done")
    assert safety.waits(ledger, ledger.entry(restore.id))
    ledger.alert(backup.id, "quiet")
    assert not safety.waits(ledger, ledger.entry(restore.id))


def test_a_reason_to_fail_is_handed_on_to_the_safety_backup(ledger, restore, backup):
    ledger.fail(restore.id, Reason("deadline", "too long"))
    assert safety.waits(ledger, ledger.entry(restore.id))
    assert ledger.entry(backup.id).reason == Reason("deadline", "too long")


def test_the_reaper_ends_no_restore_that_waits_and_one_whose_safety_backup_never_was(tools, restore):
    later = [datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (0, 100)]
    made = safety.backup_of(restore, "db1")
    tools.ledger.open(made)
    found = [[verdict.run for verdict in reaping.reap(tools, lambda run: run.id == made.id, now=moment)] for moment in later]
    assert found == [[], []]
    tools.redis.delete(f"canvasback:ledger:run:{made.id}")
    assert [[verdict.run for verdict in reaping.reap(tools, lambda _: False, now=moment)] for moment in later] == [[], [restore.id]]


def seal(tools, backup, **changes):
    made = replace(FULL, id=backup.backup, run=backup.id, label="safety", **changes)
    put(tools.store("nas"), made)
    return made


def test_nothing_is_replaced_before_the_manifest_of_its_safety_backup_is_seen(tools, restore, backup):
    with pytest.raises(Refused, match="has no backup"):
        safety.prove(tools, restore, OVER)
    seal(tools, backup)
    safety.prove(tools, restore, OVER)


def test_a_manifest_of_another_run_is_no_proof(tools, restore, backup):
    seal(tools, replace(backup, id="0badcafe"))
    with pytest.raises(Permanent, match="is not sealed in all of nas"):
        safety.prove(tools, restore, OVER)


def test_a_restore_of_an_older_version_is_refused_before_anything_is_replaced(tools, restore):
    with pytest.raises(Permanent, match="no safety backup was made of community"):
        safety.prove(tools, replace(restore, first=None), OVER)


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ({}, "community is as it was"),
        ({safety.SEALED: "B"}, "community is as it was; B holds it, too"),
        ({safety.SEALED: "B", safety.TOUCHED: "now"}, 'B holds what was there before · undo("'),
    ],
)
def test_people_are_told_what_became_of_what_stood_there(ledger, restore, notes, words):
    for name, text in notes.items():
        ledger.note(restore.id, name, text)
    assert safety.words(ledger.entry(restore.id)).startswith(words)


def test_what_the_safety_backup_left_out_is_told_with_its_restore(tools, restore, backup):
    tools.ledger.note(backup.id, "warnings", "view old is broken")
    for name in ("rows", "tables"):
        tools.ledger.note(restore.id, name, "1")
    tools.ledger.close(restore.id, "done")
    fields = {field.label: field.value for field in telling.words(tools, tools.ledger.entry(restore.id)).fields}
    assert "safety backup: view old is broken" in fields["Warnings"]
    assert "Safety" in fields


def test_what_cannot_be_read_is_kept_by_the_restore_itself_and_looked_at_again_before_it_is_replaced(tools, monkeypatch):
    aside = replace(OVER, aside=True)
    run = opening.restore(tools, "community", aside, None).run
    assert run.first is None
    places = iter([Place("community", exists=True, empty=False, aside=True), Place("community", exists=True, empty=False)])
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: SimpleNamespace(place=lambda _: next(places)))
    safety.prove(tools, run, aside)
    with pytest.raises(Permanent, match="community can be read by now"):
        safety.prove(tools, run, aside)
