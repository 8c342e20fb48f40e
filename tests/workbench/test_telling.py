"""How a run ends and how people hear of it: once, from the ledger's facts, and only after the channel's own yes."""

import pytest

from tests.catalog.samples import FULL, put
from workers.artifact import Order, Run, Until, new_run_id
from workers.bench import telling
from workers.catalog.ledger import Reason
from workers.errors import Permanent, Transient


@pytest.fixture
def tools(orders, slack, monkeypatch):
    """Tools whose settings tell Slack of everything."""
    tools = orders.app.tools
    tools.ledger._redis.flushdb()
    folder = tools.settings.secrets_dir
    folder.mkdir(mode=0o700)
    (folder / "alerts_slack_webhook").touch(mode=0o600)
    (folder / "alerts_slack_webhook").write_text(slack.url)
    alerts = type(tools.settings.alerts).model_validate({"slack": {"events": ["success", "failure"]}})
    monkeypatch.setattr(tools, "settings", tools.settings.model_copy(update={"alerts": alerts}))
    return tools


def open_run(tools, **changes) -> str:
    run = Run(new_run_id(), changes.pop("work", "backup"), "community", "db1", FULL.id, **changes)
    tools.ledger.open(run, "data:community")
    return run.id


def failed(tools, reason="mysqldump was killed", step="backup.dump") -> str:
    run = open_run(tools)
    tools.ledger.fail(run, Reason(step, reason))
    telling.end(tools, run, last=False)
    return run


def texts(slack):
    return [message["text"] for message in slack.messages]


def test_ending_a_failed_run_frees_its_lock_and_keeps_its_reason(tools):
    entry = tools.ledger.entry(failed(tools))
    assert (entry.state, entry.reason.reason, tools.ledger.holder("data:community")) == ("failed", "mysqldump was killed", None)


def test_a_run_that_never_began_is_refused_and_not_failed(tools):
    assert tools.ledger.entry(failed(tools, "another run is going", "start")).state == "refused"


def test_a_run_that_ends_without_a_word_says_just_that(tools):
    run = open_run(tools)
    assert telling.end(tools, run, last=True).reason.step == telling.SILENT


def test_a_reason_that_may_still_come_is_waited_for(tools):
    run = open_run(tools)
    with pytest.raises(Transient):
        telling.end(tools, run, last=False)
    assert tools.ledger.holder("data:community") == run


def test_a_done_run_is_not_ended_again(tools):
    run = open_run(tools)
    tools.ledger.close(run, "done")
    assert telling.end(tools, run, last=True) is None
    assert tools.ledger.entry(run).state == "done"


def test_a_failure_tells_step_reason_and_what_is_safe(tools, slack):
    put(tools.store("nas"), FULL)
    telling.announce(tools, failed(tools))
    (text,) = texts(slack)
    assert "❌ Backup failed · community · full" in text
    assert all(word in text for word in ("dump", "mysqldump was killed", "newest good backup", "objective 1 h"))


def test_the_same_run_is_told_once(tools, slack):
    run = failed(tools)
    telling.announce(tools, run)
    telling.announce(tools, run)
    assert len(slack.messages) == 1
    assert tools.ledger.entry(run).alert == "sent"


def test_a_slack_that_is_down_leaves_the_alert_waiting_with_its_answer(tools, slack):
    slack.answer(500)
    run = failed(tools)
    with pytest.raises(Transient):
        telling.announce(tools, run)
    assert tools.ledger.entry(run).alert.startswith("waiting: ")
    slack.answer(200)
    telling.announce(tools, run)
    assert (len(slack.messages), tools.ledger.entry(run).alert) == (1, "sent")


def test_a_webhook_that_was_removed_is_undelivered_and_never_named(tools, slack):
    slack.answer(404)
    run = failed(tools)
    with pytest.raises(Permanent):
        telling.announce(tools, run)
    alert = tools.ledger.entry(run).alert
    assert alert.startswith("undelivered: ")
    assert "services" not in alert


def test_a_sealed_backup_tells_sizes_copies_and_warnings(tools, slack):
    run = open_run(tools)
    for name, text in {"plain": "2097152", "stored": "1048576", "segments": "3", "copies": "nas", "warnings": "view old is broken"}.items():
        tools.ledger.note(run, name, text)
    tools.ledger.close(run, "done")
    telling.announce(tools, run)
    (text,) = texts(slack)
    assert all(words in text for words in ("1.0 MiB (2.0 MiB before)", "3 of 3 read back", "nas", "view old is broken"))


def test_a_proven_restore_tells_what_was_counted(tools, slack):
    run = open_run(tools, work="restore", order=Order(FULL.id, "community", "community_r", FULL.facts))
    for name, text in {"rows": "1205", "expected": "1205", "tables": "2"}.items():
        tools.ledger.note(run, name, text)
    tools.ledger.close(run, "done")
    telling.announce(tools, run)
    (text,) = texts(slack)
    assert "✅ Restore proven · community → community_r" in text
    assert "2 of 2 tables, 1,205 of 1,205 rows" in text


def test_a_restore_to_a_moment_names_it_beside_the_backup(tools):
    order = Order(FULL.id, "community", "community_r", FULL.facts, until=Until(gtid="0-10-4"))
    run = open_run(tools, work="restore", order=order)
    tools.ledger.close(run, "done")
    fields = {field.label: field.value for field in telling.words(tools, tools.ledger.entry(run)).fields}
    assert fields["Backup"] == f"{FULL.id}, then its logs up to 0-10-4 and with it"
