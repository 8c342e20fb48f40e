"""A verdict as the ledger keeps it: three of them, and never one that nobody noted."""

from dataclasses import replace
from datetime import timedelta

from tests.catalog.samples import FULL
from workers.alerts.message import Told
from workers.artifact import Order, Run
from workers.bench import telling, verdict
from workers.catalog.ledger import Entry, Reason
from workers.views import progress

RUN = Run("7c1e0a2b", "verify", "community", "db1", FULL.id, order=Order(FULL.id, "community", "community", FULL.facts, scratch=True))
NOTES = (
    ("expected", "1205"),
    ("flaws", "users.email: 2 values in more than one row"),
    ("keys", "users.email"),
    ("relations", "posts → users (a)\nposts → posts (b)"),
    ("rows", "1205"),
    ("tables", "2"),
    ("verdict", "passed"),
    ("where", "scratch server (mysql)"),
)
PASSED = Entry(RUN, "done", closed=RUN.opened + timedelta(seconds=4), notes=NOTES)
LOST = Entry(RUN, "failed", closed=RUN.opened, reason=Reason("verify.try", "signal 9"))
BAD = replace(LOST, notes=(("verdict", "failed"),))


def test_without_a_note_there_is_no_verdict():
    assert [verdict.of(entry) for entry in (PASSED, BAD, LOST)] == ["passed", "failed", "error"]


def test_it_is_said_in_one_sentence_with_what_was_counted():
    assert verdict.words(PASSED).splitlines() == [
        f"{FULL.id} passed in a scratch server (mysql): 2 tables, 1,205 of 1,205 rows, 2 foreign keys followed.",
        "  ! users.email: 2 values in more than one row",
    ]
    assert verdict.words(BAD) == f"{FULL.id}: the backup is bad: signal 9"
    assert verdict.words(LOST) == f"{FULL.id}: no verdict: signal 9"
    assert "It took 4.0 s" in progress.ending(PASSED)


def test_what_to_do_next_depends_on_the_verdict():
    assert "plan(restore=" in progress.advice(PASSED)
    assert 'backup("community") makes another' in progress.advice(BAD)
    assert 'verify("community") tries again' in progress.advice(LOST)
    assert "the trial is removed" in progress.cancelling(replace(LOST, state="open"))


def test_people_hear_of_it_by_the_event_of_drills_where_it_has_passed_and_of_failures_where_not():
    assert [telling.event(entry) for entry in (PASSED, BAD, LOST)] == ["drill", "failure", "failure"]


def test_what_was_looked_at_is_told_only_where_it_was():
    about = Told(RUN.id, "community", FULL.kind, RUN.opened, timedelta(0))
    assert verdict.told(about, PASSED).looked.relations == ("posts → users (a)", "posts → posts (b)")
    assert verdict.told(about, PASSED).counted.expected == 1205
    assert (verdict.told(about, BAD).looked, verdict.told(about, BAD).counted) == (None, None)


def test_every_foreign_key_and_column_that_was_looked_at_is_listed():
    assert verdict.listed(PASSED).splitlines() == [
        "  followed  posts → users (a)",
        "  followed  posts → posts (b)",
        "  searched  users.email",
    ]
    assert verdict.listed(LOST) == ""
