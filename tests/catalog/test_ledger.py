"""The ledger: one ending for each run, locks that are all taken or none, the first reason stands."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis

from workers.artifact import Run, new_run_id
from workers.catalog.ledger import Ledger, Reason, StepRecord
from workers.errors import Refused, RunFailed


@pytest.fixture
def ledger(redis):
    client = Redis.from_url(redis.url, decode_responses=True)
    client.flushdb()
    yield Ledger(client)
    client.flushdb()  # the server goes on to tests that take the same locks


def a_run(target="community") -> Run:
    return Run(new_run_id(), "backup", target, "db1", "20261122T000000Z-full-9f3a11c2")


def test_a_run_comes_back_as_it_was_opened(ledger):
    run = a_run()
    assert ledger.open(run, "data:community")
    assert ledger.entry(run.id).run == run
    assert ledger.entry(run.id).state == "open"


def test_a_message_that_comes_twice_opens_the_run_once(ledger):
    run = a_run()
    assert ledger.open(run, "data:community")
    assert not ledger.open(run, "data:community")


def test_a_taken_lock_is_refused_by_the_name_of_its_holder_and_the_run_is_recorded(ledger):
    first, second = a_run(), a_run()
    ledger.open(first, "data:community")
    with pytest.raises(Refused, match=first.id):
        ledger.open(second, "data:community")
    assert ledger.entry(second.id).state == "open"


def test_locks_are_taken_all_or_none(ledger):
    first, second = a_run(), a_run()
    ledger.open(first, "data:community")
    with pytest.raises(Refused):
        ledger.open(second, "restore:db1", "data:community")
    assert ledger.holder("restore:db1") is None


def test_closing_frees_only_the_own_locks(ledger):
    first, second = a_run(), a_run()
    ledger.open(first, "data:community")
    with pytest.raises(Refused):
        ledger.open(second, "data:community")
    ledger.close(second.id, "refused")
    assert ledger.holder("data:community") == first.id
    ledger.close(first.id, "done")
    assert ledger.holder("data:community") is None


def test_of_many_callers_exactly_one_closes_a_run(ledger):
    run = a_run()
    ledger.open(run, "data:community")
    with ThreadPoolExecutor(8) as pool:
        closed = list(pool.map(lambda state: ledger.close(run.id, state), ["done", "failed"] * 20))
    assert sum(closed) == 1


def test_the_first_reason_stands(ledger):
    run = a_run()
    ledger.open(run)
    ledger.fail(run.id, Reason("backup.dump", "mysqldump was killed"))
    ledger.fail(run.id, Reason("backup.upload", "something later", 3))
    assert ledger.entry(run.id).reason == Reason("backup.dump", "mysqldump was killed")


def test_a_run_with_a_reason_is_not_alive(ledger):
    run = a_run()
    ledger.open(run)
    ledger.alive(run.id)
    ledger.fail(run.id, Reason("backup.dump", "mysqldump was killed"))
    with pytest.raises(RunFailed, match="mysqldump was killed"):
        ledger.alive(run.id)


def test_a_closed_run_is_not_alive(ledger):
    run = a_run()
    ledger.open(run)
    ledger.close(run.id, "done")
    with pytest.raises(RunFailed, match="done"):
        ledger.alive(run.id)


def test_a_claim_is_given_once(ledger):
    run = a_run()
    ledger.open(run)
    assert [ledger.claim(run.id, "dump"), ledger.claim(run.id, "dump")] == [True, False]


def test_steps_are_recorded_and_counted(ledger):
    run = a_run()
    ledger.open(run)
    records = [StepRecord("backup.verify", "db1", 0.5, "ok", number) for number in (1, 2)]
    for record in [*records, replace(records[0], outcome="retry")]:
        ledger.record(run.id, record)
    assert ledger.steps(run.id)[:2] == tuple(records)
    assert ledger.entry(run.id).counter("backup.verify.count") == 2
    assert ledger.entry(run.id).counter("backup.verify.seconds") == pytest.approx(1.0)


def test_counters_and_notes_are_kept(ledger):
    run = a_run()
    ledger.open(run)
    ledger.count(run.id, dumped__bytes=5)
    ledger.count(run.id, dumped__bytes=7)
    ledger.note(run.id, "segments", "3")
    entry = ledger.entry(run.id)
    assert (entry.counter("dumped.bytes"), entry.note("segments"), entry.note("nothing")) == (12, "3", None)


def test_the_newest_runs_come_first(ledger):
    runs = [a_run() for _ in range(3)]
    for run in runs:
        ledger.open(run)
    assert [entry.run.id for entry in ledger.runs(2)] == [runs[2].id, runs[1].id]


def test_an_unknown_run_is_refused_by_name(ledger):
    with pytest.raises(Refused, match="deadbeef"):
        ledger.entry("deadbeef")


def test_a_sign_of_life_is_counted_until_the_run_is_over(ledger):
    run = a_run()
    ledger.open(run)
    ledger.pulse(run.id)
    ledger.record(run.id, StepRecord("backup.dump", "db1", 1.0, "ok"))
    assert ledger.entry(run.id).signs == 2
    ledger.fail(run.id, Reason("cancel", "cancelled by root"))
    with pytest.raises(RunFailed, match="cancelled by root"):
        ledger.pulse(run.id)


def test_a_step_that_has_just_closed_its_run_as_done_is_not_held_against_it(ledger):
    run = a_run()
    ledger.open(run)
    ledger.close(run.id, "done")
    ledger.pulse(run.id)
    assert ledger.entry(run.id).signs == 0


def test_runs_are_untold_from_their_opening_until_a_channel_has_answered_for_good(ledger):
    first, second = a_run(), a_run("uploads")
    ledger.open(first)
    ledger.open(second)
    ledger.close(first.id, "done")
    assert {entry.run.id for entry in ledger.untold()} == {first.id, second.id}
    ledger.alert(first.id, "waiting: 503")
    assert len(ledger.untold()) == 2
    ledger.alert(first.id, "sent")
    assert [entry.run for entry in ledger.untold()] == [second]


def test_a_step_of_a_segment_was_done_before_where_a_later_one_ended_well(ledger):
    run = a_run()
    ledger.open(run)
    ledger.record(run.id, StepRecord("backup.upload", "db1", 1.0, "retry", 3, rank=3))
    assert not ledger.past(run.id, 3, 2)
    ledger.record(run.id, StepRecord("backup.upload", "db1", 1.0, "ok", 3, rank=3))
    assert [ledger.past(run.id, 3, rank) for rank in (1, 2, 3, 4)] == [True, True, False, False]
    assert not any(ledger.past(run.id, segment, rank) for segment in (2, 4, 1000) for rank in (1, 2, 3, 4))


def test_a_run_that_is_kept_is_given_to_one_caller_only(ledger):
    ledger.keep(kept := a_run())
    assert [ledger.release(kept.id), ledger.release(kept.id)] == [kept, None]


def test_what_a_run_has_turned_into_is_what_everybody_reads_from_then_on(ledger):
    run = a_run()
    ledger.open(run, "data:community")
    ledger.turn(turned := replace(run, backup="20261122T000000Z-full-00000000"))
    assert ledger.entry(run.id).run == turned
    assert ledger.holder("data:community") == run.id
