"""What tells an operator how to come back to a run, and which words name one."""

import pytest

from tasks.desk import screen
from tests.catalog.samples import FULL, NOON, put
from tests.stores.test_remembering import Versioned
from workers.artifact import Kind, Run, new_backup_id, new_run_id
from workers.bench import tools
from workers.catalog.index import backups
from workers.errors import Refused
from workers.stores.remembering import Reading


@pytest.fixture
def run(orders):
    """A run that the ledger knows."""
    ledger = orders.app.tools.ledger
    made = Run(new_run_id(), "backup", "screen", "db1", new_backup_id(Kind.FULL, NOON))
    ledger.open(made, "data:screen")
    yield made.id
    ledger.close(made.id, "done")


def test_a_run_that_was_sent_says_how_to_come_back_to_it():
    assert repr(screen.Sent("7c1e0a2b")) == 'run 7c1e0a2b was sent · watch("7c1e0a2b") · why("7c1e0a2b")'


def test_what_was_sent_names_itself_though_nobody_has_heard_of_it_yet(orders):
    assert screen.name_of(screen.Sent("7c1e0a2b")) == "7c1e0a2b"
    assert screen.name_of("7c1e0a2b") == "7c1e0a2b"


def test_the_beginning_of_a_run_is_enough(orders, run):
    assert screen.name_of(run[:7]) == run


def test_what_cannot_be_a_run_is_refused_and_not_waited_for(orders):
    with pytest.raises(Refused):
        screen.name_of("no run at all")


def test_a_verb_of_the_shell_hears_how_far_manifests_are_read_and_nobody_else_does(orders, monkeypatch):
    heard, bar = [], screen.Bar
    monkeypatch.setattr(bar, "heard", lambda bar, now: heard.append(now))
    monkeypatch.setitem(orders.shell.VERBS, "window", lambda: orders.app.tools.heard(Reading("s3", 1, 2)))
    assert orders.shell.main(["-c", "window()"]) == 0
    orders.app.tools.heard(Reading("s3", 2, 2))
    assert heard == [Reading("s3", 1, 2)]


def test_a_store_that_a_verb_opens_tells_what_it_reads(orders, monkeypatch, tmp_path):
    heard, bucket = [], Versioned(tmp_path / "bucket")
    put(bucket, FULL)
    monkeypatch.setattr(tools.stores, "open_store", lambda *_: bucket)
    monkeypatch.setattr(screen.Bar, "heard", lambda bar, now: heard.append(now))
    with screen.reading():
        assert len(backups([orders.app.tools.store("nas")], FULL.target).entries) == 1
    assert heard == [Reading("bucket", 1, 1)]
