"""Everything that can go wrong with one backup, on real processes: one alert with the true reason, nothing sealed, nothing left."""

import time

import pytest

from tests.system.conftest import fill
from tests.system.tools import REST

pytestmark = pytest.mark.timeout(120)


def test_a_backup_is_sealed_told_once_and_leaves_nothing_behind(ground):
    before = len(ground.here.slack.messages())
    ground.whole()
    ground.nothing_left()
    assert len(ground.here.slack.messages()) == before + 1


def test_a_wrong_password_is_named_and_no_dump_is_started(ground):
    ground.here.write_secrets({"targets_community_mysql_password": "wrong"})
    entry = ground.one_failure(ground.backup(), "backup.dump", "refuses user 'canvasback' or its password")
    assert entry.counter("dumped.segments") == 0


def test_a_missing_privilege_is_named_with_its_grant(ground):
    account = "'canvasback'@'127.0.0.1'"
    ground.here.database.run(
        f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}", f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO {account}"
    )
    try:
        ground.one_failure(ground.backup(), "backup.dump", "GRANT RELOAD ON *.* TO")
    finally:
        ground.here.database.run(f"GRANT ALL ON *.* TO {account}")


def test_an_unknown_database_is_named(ground):
    ground.here.database.run("DROP DATABASE community")
    try:
        ground.one_failure(ground.backup(), "backup.dump", "database 'community' does not exist")
    finally:
        fill(ground.here)


def test_an_empty_database_is_sealed_with_zero_rows(ground):
    ground.here.database.run("DROP DATABASE community", "CREATE DATABASE community")
    try:
        entry = ground.whole()
        assert (entry.note("copies"), int(entry.note("segments"))) == ("nas", 2)
    finally:
        fill(ground.here)


def test_a_dump_program_that_is_killed_fails_the_run(ground):
    ground.tools.dump("child.kill()", "os.kill(os.getpid(), signal.SIGKILL)")
    ground.one_failure(ground.backup(), "backup.dump", "was killed by signal 9 in mid dump")


def test_an_output_that_is_cut_short_with_status_0_is_found(ground):
    ground.tools.dump("child.kill()", "sys.exit(0)")
    ground.one_failure(ground.backup(), "backup.dump", "cut short")


def test_words_that_nobody_expects_fail_a_dump_with_status_0(ground):
    ground.tools.dump('sys.stderr.write("mariadb-dump: Couldn\'t read one row\\n")', REST)
    ground.one_failure(ground.backup(), "backup.dump", "Couldn't read one row")


def test_a_server_that_goes_away_in_mid_dump_fails_the_run(ground):
    ground.tools.slow_dump(3)
    run = ground.backup()
    ground.until(run, "dumped.segments")
    time.sleep(0.5)
    ground.here.database.kill()
    try:
        ground.one_failure(run, "backup.dump", "Lost connection")
    finally:
        ground.here.database.start()


def test_a_row_that_is_larger_than_the_spool_names_the_setting(ground):
    ground.here.database.run(
        "CREATE TABLE community.huge (id INT PRIMARY KEY, body LONGBLOB)", "INSERT INTO community.huge VALUES (1, REPEAT('x', 14000000))"
    )
    try:
        ground.one_failure(ground.backup(), "backup.dump", "spool.bytes = 24.0 MiB is too small")
    finally:
        ground.here.database.run("DROP TABLE community.huge")


def test_a_slack_that_is_away_loses_no_backup_is_noted_and_told_later(ground):
    ground.here.slack.answer(500)
    run = ground.backup()
    entry = ground.ended(run)
    assert entry.state == "done"
    assert entry.alert.startswith("waiting: ")
    assert entry.run.backup in ground.sealed()
    ground.here.slack.answer(200)
    ground.heard(run)


def test_a_slack_that_asks_for_patience_hears_it_once(ground):
    before = len(ground.here.slack.messages())
    ground.here.slack.answer(429, times=1, wait=1)
    run = ground.backup()
    ground.heard(run)
    assert len([text for text in ground.here.slack.messages()[before:] if "Backup sealed" in text["text"]]) == 1


def test_a_second_backup_of_a_target_is_refused_by_the_name_of_the_first(ground):
    ground.tools.slow_dump(3)
    first = ground.backup()
    ground.until(first, "dumped.segments")
    second = ground.ended(ground.backup())
    assert second.state == "refused"
    assert first in second.reason.reason
    assert len([text for text in ground.told(second.run.id) if "refused" in text]) == 1
    assert ground.ended(first).state == "done"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("comunity", "full"), 'no target "comunity"; did you mean "community"?'),
        (("community", "fulll"), "not a Kind"),
        (("community",) * 9, "takes from 1 to 4 positional arguments"),
    ],
)
def test_wrong_arguments_are_told_to_who_sent_them_and_open_no_run(ground, arguments, words):
    before = ground.bench.ledger.runs(1)
    with pytest.raises(Exception, match=words.replace("?", r"\?")):
        ground.client.send_task("start.backup", arguments, queue="control").get(timeout=20)
    assert ground.bench.ledger.runs(1) == before
