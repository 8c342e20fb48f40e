"""The operator's desk, as far as no worker is needed: what is refused, what is offered, and what a line says and returns."""

import pytest

from tests.catalog.samples import FULL, put
from workers.errors import Refused


def run(orders, capsys, line):
    status = orders.shell.main(["-c", line])
    return status, capsys.readouterr().out


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


def test_nothing_is_published_where_the_arguments_are_wrong(orders, capsys, redis):
    run(orders, capsys, 'backup("comunity")')
    run(orders, capsys, 'restore("comunity", into="x")')
    with orders.app.connection_for_write() as connection:
        assert connection.default_channel.client.llen("canvasback:control") == 0


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


def test_a_time_is_refused_with_what_can_be_restored(orders, capsys):
    status, out = run(orders, capsys, 'plan(restore="community", at="2026-11-22 14:30:00")')
    assert (status, "only whole backups" in out) == (2, True)


def test_a_restore_without_any_backup_says_how_to_make_one(orders, capsys):
    status, out = run(orders, capsys, 'restore("community", into="x")')
    assert (status, 'backup("community")' in out) == (2, True)


def test_a_confirmation_of_another_target_is_refused(orders, capsys):
    status, out = run(orders, capsys, 'restore("community", confirm="yes")')
    assert (status, "confirm='community'" in out) == (2, True)


def test_an_unknown_run_is_refused_by_name(orders, capsys):
    status, out = run(orders, capsys, 'why("deadbeef")')
    assert (status, "deadbeef" in out) == (2, True)


def test_a_host_that_does_not_answer_is_named_with_the_line_that_starts_its_worker(orders, monkeypatch):
    monkeypatch.setattr(orders.desk, "PATIENCE", 1)
    with pytest.raises(Refused, match=r"no worker answers on db1\.source; start it: celery -A workers worker -n source@db1"):
        orders.desk.question("host.check", ("community",), "db1.source")


def test_a_line_that_is_no_verb_ends_with_pythons_own_error(orders):
    with pytest.raises(NameError):
        orders.shell.main(["-c", "bakup()"])


def test_other_arguments_are_told_how_it_is_called(orders, capsys):
    assert orders.shell.main(["--wrong"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_banner_says_who_is_late(orders):
    assert "community has no backup." in orders.desk.banner(orders.app.tools)
