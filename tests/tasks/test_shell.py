"""The operator's desk, as far as no worker is needed: what is refused, what is offered, and what a line says and returns."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.desk import asking, looking
from tasks.desk.screen import Sent
from tests.catalog.samples import FULL, put
from tests.catalog.test_recovery import History
from workers.artifact import Kind, Order, Position, Run, Statement, encode, new_run_id
from workers.bench import tools
from workers.catalog.ledger import Reason, StepRecord
from workers.catalog.manifest import manifest_key, seal
from workers.catalog.presence import Look
from workers.errors import Refused
from workers.ports import Finding, Place
from workers.transforms.checksum import form_of


def run(orders, capsys, line):
    status = orders.shell.main(["-c", line])
    return status, capsys.readouterr().out


def waiting(orders):
    """How many messages control has not taken; they are taken now."""
    with orders.app.connection_for_write() as connection:
        return connection.default_channel.queue_purge("control")


def test_help_names_every_verb_with_its_first_sentence(orders, capsys):
    status, out = run(orders, capsys, "help()")
    assert status == 0
    assert [line.split("()")[0].strip() for line in out.splitlines()] == list(orders.shell.VERBS)


def test_an_unknown_target_is_refused_with_what_was_meant(orders, capsys):
    status, out = run(orders, capsys, 'backup("comunity")')
    assert status == 2
    assert 'no target "comunity"; did you mean "community"?' in out


def test_a_kind_that_cannot_be_made_is_refused_by_name(orders, capsys):
    status, out = run(orders, capsys, 'backup("community", kind="partial")')
    assert (status, "kind 'partial'" in out) == (2, True)


def test_nothing_is_published_where_the_arguments_are_wrong(orders, capsys):
    waiting(orders)
    run(orders, capsys, 'backup("comunity")')
    run(orders, capsys, 'restore("comunity", into="x")')
    assert waiting(orders) == 0


def test_a_verb_without_arguments_shows_what_it_could_be_given(orders, capsys):
    status, out = run(orders, capsys, "restore()")
    assert (status, 'restore("community", into="community_restored")' in out, "no backup yet" in out) == (0, True, True)


def test_targets_without_a_backup_are_outside_their_objective(orders, capsys):
    _, out = run(orders, capsys, "targets()")
    assert "community" in out
    assert "✗" in out


def test_targets_show_the_newest_backup_and_where_it_lies(orders, capsys):
    put(orders.app.tools.store("nas"), FULL)
    _, out = run(orders, capsys, "targets()")
    assert "1 · nas" in out


def test_backups_are_listed_with_their_sizes(orders, capsys):
    put(orders.app.tools.store("nas"), FULL)
    _, out = run(orders, capsys, 'backups("community")')
    assert FULL.id in out


def test_a_restore_without_any_backup_says_how_to_make_one(orders, capsys):
    status, out = run(orders, capsys, 'restore("community", into="x")')
    assert (status, 'backup("community")' in out) == (2, True)


def test_a_confirmation_of_another_target_is_refused(orders, capsys):
    status, out = run(orders, capsys, 'restore("community", confirm="yes")')
    assert (status, "confirm='community'" in out) == (2, True)


def test_an_unknown_run_is_refused_by_name(orders, capsys):
    status, out = run(orders, capsys, 'why("deadbeef")')
    assert (status, "deadbeef" in out) == (2, True)


def test_a_run_that_cannot_exist_is_refused_at_once(orders, capsys):
    status, out = run(orders, capsys, 'watch("zzz")')
    assert (status, "no run 'zzz'" in out) == (2, True)


def test_arguments_of_the_wrong_kind_are_one_sentence(orders, capsys):
    status, out = run(orders, capsys, 'backup("community", wait="perhaps")')
    assert (status, len(out.splitlines())) == (2, 1)
    assert out.startswith("Refused: backup(wait=…): ")


def test_a_backup_is_published_once_to_control_and_its_run_can_be_watched(orders, capsys):
    waiting(orders)
    status, out = run(orders, capsys, 'backup("community")')
    assert status == 0
    assert "Back up community (mysql on db1) into nas" in out
    assert 'watch("' in out
    assert waiting(orders) == 1


def a_run(orders, state, reason):
    """A run that has ended."""
    ledger = orders.app.tools.ledger
    made = Run(new_run_id(), "backup", "community", "db1", FULL.id)
    ledger.open(made)
    ledger.fail(made.id, reason)
    ledger.record(made.id, StepRecord("backup.dump", "db1", 1.5, "ok"))
    ledger.close(made.id, state)
    return made.id


@pytest.mark.parametrize(("state", "status"), [("done", 0), ("failed", 1), ("refused", 2)])
def test_the_exit_status_of_a_watched_run_is_how_it_ended(orders, capsys, state, status):
    made = a_run(orders, state, Reason("backup.dump", "the server is gone"))
    assert run(orders, capsys, f'watch("{made}")')[0] == status


def test_why_tells_steps_reason_alert_and_what_to_do(orders, capsys):
    made = a_run(orders, "failed", Reason("backup.dump", "cannot read [/srv/:key:] of community"))
    status, out = run(orders, capsys, f'why("{made[:6]}")')
    assert status == 0
    for words in (f"run {made} · backup of community", "1.500", "[/srv/:key:]", "alert: not sent", 'backup("community") begins a new run'):
        assert words in out


def test_what_stands_in_the_way_is_named_before_anything_is_sent(orders, capsys):
    ledger = orders.app.tools.ledger
    holder = Run(new_run_id(), "backup", "community", "db1", FULL.id)
    ledger.open(holder, "data:community")
    status, out = run(orders, capsys, 'backup("community")')
    ledger.close(holder.id, "done")
    assert (status, f'watch("{holder.id}")' in out) == (2, True)


def test_the_doctor_names_each_missing_worker_and_ends_with_the_number_of_faults(orders, capsys, monkeypatch):
    monkeypatch.setattr(looking, "PING", 0.2)
    status, out = run(orders, capsys, "doctor()")
    assert status == 0
    assert "celery -A workers worker -n segments@db1 -Q db1.segments\n" in out
    assert out.splitlines()[-1].startswith("5 faults in ")  # four workers, and the target that nobody could look at


def without_broker(orders, monkeypatch):
    broker = orders.settings.broker.model_copy(update={"url": "redis://127.0.0.1:1/0"})
    away = orders.settings.model_copy(update={"broker": broker})
    monkeypatch.setattr(tools, "BRISK", 0)
    monkeypatch.setitem(orders.app.__dict__, "settings", away)
    monkeypatch.setitem(orders.app.__dict__, "tools", tools.Tools(away))


def test_without_a_broker_the_doctor_still_tells_of_stores_and_asks_no_worker(orders, capsys, monkeypatch):
    without_broker(orders, monkeypatch)
    _, out = run(orders, capsys, "doctor()")
    assert "cannot be asked" in out
    assert "store nas" in out
    assert "worker source@db1" not in out


def test_control_c_leaves_the_run_going_and_says_how_to_come_back(orders, capsys):
    ledger, going = orders.app.tools.ledger, Run(new_run_id(), "backup", "community", "db1", FULL.id)
    ledger.open(going)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs in the background ignores it
    try:
        threading.Timer(0.4, signal.raise_signal, (signal.SIGINT,)).start()
        status, out = run(orders, capsys, f'watch("{going.id}")')
    finally:
        signal.signal(signal.SIGINT, before)
    assert (status, ledger.entry(going.id).state) == (0, "open")
    assert out == f'It goes on. watch("{going.id}") comes back to it.\n'


def test_what_backup_returned_can_be_handed_to_watch_and_why(orders, capsys):
    sent = Sent(a_run(orders, "done", Reason("backup.dump", "none")))
    orders.shell.watch(sent)
    orders.shell.why(sent)
    assert f"run {sent.run} · backup of community" in capsys.readouterr().out


def test_a_broker_that_is_away_is_one_sentence(orders, capsys, monkeypatch):
    without_broker(orders, monkeypatch)
    status, out = run(orders, capsys, "runs()")
    assert (status, out.startswith("the broker at redis://127.0.0.1:1/0 does not answer")) == (1, True)


def test_importing_the_desk_reads_no_settings():
    done = subprocess.run([sys.executable, "-c", "import tasks.shell"], env={**os.environ, "CANVASBACK_CONFIG": "/nowhere"}, check=False)
    assert done.returncode == 0


def test_the_shell_opens_says_who_is_late_and_tells_errors_without_a_traceback(orders):
    lines = "backup('comunity')\nbackup(5)\nexit\n"
    done = subprocess.run([sys.executable, "-m", "tasks.shell"], input=lines, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "Canvasback: 1 target. community has no backup. help() shows what you can ask." in done.stdout
    assert 'did you mean "community"?' in done.stdout
    assert "backup(target=…): input should be a valid string" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_host_that_does_not_answer_is_named_with_the_line_that_starts_its_worker(orders, monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE", 1)
    with pytest.raises(Refused, match=r"no worker answers on db1\.source; start it: celery -A workers worker -n source@db1"):
        asking.question("host.check", ("community",), "db1.source")


def test_a_line_that_is_no_verb_ends_with_pythons_own_error(orders):
    with pytest.raises(NameError):
        orders.shell.main(["-c", "bakup()"])


def test_other_arguments_are_told_how_it_is_called(orders, capsys):
    assert orders.shell.main(["--wrong"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_banner_says_who_is_late(orders):
    assert "community has no backup." in asking.banner(orders.app.tools)


def test_a_window_shows_every_full_and_how_much_would_be_lost_now(orders, capsys):
    put(orders.app.tools.store("nas"), FULL)
    status, out = run(orders, capsys, 'window("community")')
    assert (status, FULL.id in out, "this moment only" in out, "objective 1 h" in out) == (0, True, True, True)


def test_a_window_of_nothing_offers_what_would_make_one(orders, capsys):
    assert 'backup("community")' in run(orders, capsys, 'window("community")')[1]
    assert 'window("community")' in run(orders, capsys, "window()")[1]


def test_the_logs_of_a_database_can_be_shipped_now(orders, capsys):
    waiting(orders)
    assert run(orders, capsys, 'backup("community", kind="log")')[0] == 0
    assert waiting(orders) == 1


def history(orders):
    """A full, two shippings and an incremental of them in the store."""
    made = History((2, 2))
    full, bundles = made.full(0, 1), [made.bundle(0), made.bundle(1)]
    named = replace(FULL, id="20261122T130000Z-incremental-9f3a11c2", kind=Kind.INCREMENTAL, parent=full.id, segments=())
    named = replace(named, facts=replace(bundles[1].facts, logs=()), pins=tuple(f"{found.target}/{found.id}" for found in bundles))
    nas = orders.app.tools.store("nas")
    for found in (full, named, *bundles):
        nas.put(manifest_key(found.target, found.id), body := seal(found), form_of(body))
    return full, named


@pytest.fixture
def answering(monkeypatch):
    """A host that has room and programs."""
    monkeypatch.setattr(asking, "ask", lambda target, into: Place(into, exists=False, empty=True))
    monkeypatch.setattr(asking, "able", lambda target, need, host: (Finding(True, "server program", "mysqld 9.7.4"),))


def test_a_moment_is_planned_from_the_full_before_it_with_the_time_echoed(orders, capsys, answering):
    full, _ = history(orders)
    status, out = run(orders, capsys, 'plan(restore="community", at="2026-11-22 21:00:04", into="x")')
    assert status == 0
    for words in ("2026-11-22 21:00:04 +09:00 (no offset given: Asia/Seoul) into the new database x", full.id, "2 files", "mysqld 9.7.4"):
        assert words in out


def test_a_backup_that_names_logs_is_restored_by_replaying_them(orders, capsys, answering):
    full, named = history(orders)
    status, out = run(orders, capsys, f'plan(restore="community", backup="{named.id}", into="x")')
    assert (status, full.id in out, "up to bin.000002 at 120" in out) == (0, True, True)
    assert full.id in run(orders, capsys, 'plan(restore="community", into="x")')[1]


def test_a_moment_is_sent_to_control_as_it_was_planned(orders, capsys, answering):
    history(orders)
    waiting(orders)
    assert run(orders, capsys, 'restore("community", position="bin.000002:110", into="x")')[0] == 0
    assert waiting(orders) == 1


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ('at="noon", into="x"', "is no time"),
        ('at="2026-11-22 21:00:04", gtid="a:1", into="x"', "at, gtid were given"),
        ('position="bin.000002", into="x"', 'for example position="binlog.000012:4711"'),
        ('server="/srv/new"', "makes no server"),
        ('at="2026-11-22 21:00:04", server="/srv/new", into="x"', "leave out into and confirm"),
        ('at="2026-11-22 21:00:04", confirm="yes"', "confirm='community'"),
    ],
)
def test_a_moment_that_is_none_is_refused_with_what_would_be_right(orders, capsys, answering, wish, words):
    history(orders)
    status, out = run(orders, capsys, f'restore("community", {wish})')
    assert (status, words in out) == (2, True), out


def test_statements_are_looked_for_by_the_host_in_the_logs_of_the_only_target(orders, capsys, monkeypatch):
    history(orders)
    hit = Statement("DROP TABLE\n comments", "community", "0-10-4", FULL.facts.snapshot, Position("bin.000002", 4711))
    asked = []
    monkeypatch.setattr(asking, "question", lambda *arguments: asked.append(arguments) or [encode(hit)])
    status, out = run(orders, capsys, 'print(find("drop table", since="2026-11-22 21:00:00")[1].just_before.position.offset)')
    assert status == 0
    assert "Reads 2 logs of community" in out
    assert "bin.000002:4711" in out
    assert "DROP TABLE comments" in out
    assert out.splitlines()[-1] == "4711"
    assert asked[0][:3] == ("host.find", ("community", "drop table", asked[0][1][2]), "db1.restore")


def test_what_was_found_is_taken_by_plan_as_the_moment_before_it(orders, capsys, answering, monkeypatch):
    history(orders)
    hit = Statement("DROP TABLE comments", "community", "0-10-4", FULL.facts.snapshot, Position("bin.000002", 110))
    monkeypatch.setattr(asking, "question", lambda *_: [encode(hit)])
    line = 'plan(restore="community", before=find("drop table", since="2026-11-22 21:00:00")[1], into="x")'
    status, out = run(orders, capsys, line)
    assert (status, "Restore community to just before 'DROP TABLE comments', bin.000002 at 110" in out) == (0, True), out


def test_where_nothing_is_found_it_is_said_and_no_number_is_taken(orders, capsys, monkeypatch):
    history(orders)
    monkeypatch.setattr(asking, "question", lambda *_: [])
    status, out = run(orders, capsys, 'find("drop table", "community")[1]')
    assert (status, "No statement there holds 'drop table'" in out, "there is no statement 1" in out) == (2, True, True)


def test_without_logs_there_is_nothing_to_look_into(orders, capsys):
    status, out = run(orders, capsys, 'find("drop table")')
    assert (status, 'logs = "5m"' in out) == (2, True)


@pytest.fixture
def replaced(orders, monkeypatch):
    """A restore that has replaced live data, and the backup that holds them."""
    orders.app.tools.redis.flushdb()
    run = Run(new_run_id(), "restore", "community", "db1", FULL.id, order=Order(FULL.id, "community", "community", FULL.facts, "community"))
    run = replace(run, first=new_run_id())
    orders.app.tools.ledger.open(run)
    orders.app.tools.ledger.open(Run(run.first, "backup", "community", "db1", FULL.id, then=run.id))
    for name, text in (("safety", FULL.id), ("touched", "now")):
        orders.app.tools.ledger.note(run.id, name, text)
    orders.app.tools.ledger.close(run.id, "done")
    put(orders.app.tools.store("nas"), replace(FULL, label="safety", run=run.first))
    monkeypatch.setattr(asking, "ask", lambda target, _: Place(target, exists=True, empty=False, rows=7))
    return run


def test_undo_shows_what_it_would_do_and_does_nothing_without_a_confirmation(orders, capsys, replaced):
    waiting(orders)
    status, out = run(orders, capsys, "undo()")
    assert status == 0
    for words in (f"Undo restore {replaced.id} of ", "1  safety", "DROPS community", f'undo("{replaced.id}", confirm="community")'):
        assert words in out
    assert waiting(orders) == 0


def test_undo_with_a_confirmation_sends_a_restore(orders, capsys, replaced):
    waiting(orders)
    assert run(orders, capsys, f'undo("{replaced.id}", confirm="community")')[0] == 0
    assert waiting(orders) == 1


def test_undo_wants_the_name_of_the_target(orders, capsys, replaced):
    status, out = run(orders, capsys, 'undo(confirm="yes")')
    assert (status, "confirm='community'" in out) == (2, True)


def test_undo_goes_without_the_ledger(orders, capsys, replaced):
    orders.app.tools.redis.flushdb()
    assert "the ledger knows no more" in run(orders, capsys, "undo()")[1]


def test_tables_are_planned_with_what_their_host_says_is_touched(orders, capsys, monkeypatch):
    put(orders.app.tools.store("nas"), FULL)
    monkeypatch.setattr(asking, "ask", lambda target, _: Place(target, exists=True, empty=False, rows=7))
    monkeypatch.setattr(asking, "touched", lambda target, order: (f"trigger audit of {order.objects[0]}: dropped",))
    status, out = run(orders, capsys, 'plan(restore="community", tables=["users"], confirm="community")')
    assert (status, "trigger audit of users: dropped" in out, "REPLACES users of community" in out) == (0, True, True)
    status, out = run(orders, capsys, 'restore("community", tables=["usrs"], into="x")')
    assert (status, 'did you mean "users"' in out) == (2, True)


def test_verify_names_the_backup_and_sends_one_message(orders, capsys):
    orders.app.tools.redis.flushdb()
    put(orders.app.tools.store("nas"), FULL)
    status, out = run(orders, capsys, 'verify("community")')
    assert (status, f"Verify {FULL.id} of community in a place of its own on db1" in out, waiting(orders)) == (0, True, 1)


def test_verify_is_refused_where_there_is_nothing_and_offers_what_it_could_be_given(orders, capsys):
    assert 'verify("community")' in run(orders, capsys, "verify()")[1]
    assert run(orders, capsys, 'verify("community")')[0] == 2


def test_a_backup_that_is_gone_from_its_repository_is_no_backup_to_any_verb(orders, capsys):
    newest, lost, good = (replace(FULL, id=f"202611{day}T120000Z-full-00000000") for day in (24, 23, 22))
    missing = frozenset({("nas", lost.id), ("nas", good.id)})
    facts = [replace(FULL.facts, snapshot=FULL.facts.snapshot + timedelta(days=ago)) for ago in (2, 1, 0)]
    looked = replace(facts[0], extras=Look(FULL.started, ("nas",), missing).extras())
    for manifest, told in zip((newest, lost, good), (looked, *facts[1:]), strict=True):
        put(orders.app.tools.store("nas"), replace(manifest, facts=told))
    _, out = run(orders, capsys, 'backups("community")')
    assert out.count(" gone ") == 2
    assert "2 backups could not be restored any more" in out.replace("\n", " ")
    _, out = run(orders, capsys, 'window("community")')
    assert (newest.id in out, lost.id in out, good.id in out) == (True, False, False)
    assert [entry.manifest.id for entry in orders.app.tools.backups("community").entries] == [newest.id]
