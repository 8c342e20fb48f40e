"""Every message, word for word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workers.alerts.message import Failed, Restored, Safe, Sealed, Told, Turned, cancelled, failed, refused, restored, safe, sealed
from workers.artifact import Kind
from workers.ports import Message

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 15, 3, 41, tzinfo=UTC)
GIB = 1 << 30

FULL = Told("7c1e", "community", Kind.FULL, NOW, timedelta(minutes=3, seconds=41))
SEALED = Sealed(FULL, int(4.4 * GIB), int(1.6 * GIB), 31, 31, ("nas", "s3"))
FAILED = Failed(
    Told("7c1e", "uploads", Kind.INCREMENTAL, NOW, timedelta(seconds=12)),
    "backup.upload",
    "s3: 403 AccessDenied: PutObject on community-backups",
    Safe(NOW - timedelta(hours=27), timedelta(hours=24)),
    segment=14,
    segments=31,
    advice='runbook "store refuses writes"',
)


def shown(message: Message) -> str:
    """A message as lines, for comparison."""
    lines = [f"{message.headline} [{message.severity}]", *(f"{field.label}: {field.value}" for field in message.fields)]
    return "\n".join(lines + ([f"Do next: {message.advice}"] if message.advice else []))


def test_a_sealed_backup() -> None:
    assert shown(sealed(SEALED, SEOUL)) == (
        "✅ Backup sealed · community · full [info]\n"
        "Size: 1.6 GiB (4.4 GiB before)\n"
        "Duration: 3 min 41 s\n"
        "Proven: 31 of 31 read back\n"
        "Time: 00:03:41 KST\n"
        "Copies: nas, s3"
    )


def test_a_sealed_backup_shows_its_recovery_window_where_there_is_one() -> None:
    message = sealed(replace(SEALED, window="23 Oct 00:00 → 00:03:20"), SEOUL)
    assert [field.label for field in message.fields] == ["Size", "Duration", "Proven", "Time", "Window", "Copies"]


def test_what_a_sealed_backup_left_out_is_a_warning() -> None:
    message = sealed(replace(SEALED, warnings=("view v_old is broken", "FLOAT in prices")), SEOUL)
    assert shown(message).endswith("Warnings: • view v_old is broken\n• FLOAT in prices")
    assert message.severity == "warning"


def test_a_failed_backup() -> None:
    assert shown(failed(FAILED, SEOUL)) == (
        "❌ Backup failed · uploads · incremental [critical]\n"
        "Step: upload, segment 14 of 31\n"
        "Time: 00:03:41 KST\n"
        "Reason: s3: 403 AccessDenied: PutObject on community-backups\n"
        "Run: 7c1e\n"
        "Safe now: newest good backup 27 h old, objective 24 h ✗\n"
        'Do next: runbook "store refuses writes" · why("7c1e") in the shell'
    )


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (replace(FAILED, segment=None), "upload"),
        (replace(FAILED, segments=None), "upload, segment 14"),
        (replace(FAILED, step="step unknown", segment=None), "step unknown"),
    ],
)
def test_a_step_says_no_more_than_is_known(facts: Failed, text: str) -> None:
    assert failed(facts, SEOUL).fields[0].value == text


def test_without_advice_the_shell_is_what_comes_next() -> None:
    assert failed(replace(FAILED, advice=""), SEOUL).advice == 'why("7c1e") in the shell'


def test_a_proven_restore() -> None:
    facts = Restored(FULL, "20261122T000000Z-full-9f3a11c2", "community_1430", 4, 5_112_402, 5_112_402, ("2 events stay disabled",))
    assert shown(restored(facts, SEOUL)) == (
        "✅ Restore proven · community → community_1430 [warning]\n"
        "Proven: 4 of 4 tables, 5,112,402 of 5,112,402 rows\n"
        "Duration: 3 min 41 s\n"
        "Backup: 20261122T000000Z-full-9f3a11c2\n"
        "Time: 00:03:41 KST\n"
        "Warnings: • 2 events stay disabled"
    )


def test_rows_that_were_only_estimated_are_not_called_equal() -> None:
    message = restored(Restored(FULL, "b", "copy", 1, 1007), SEOUL)
    assert message.fields[0].value == "1 of 1 table, 1,007 rows counted (the manifest has an estimate)"


def test_a_failed_restore_names_where_it_went() -> None:
    message = failed(replace(FAILED, told=FULL, step="restore.load", into="community_1430"), SEOUL)
    assert (message.headline, message.severity) == ("❌ Restore failed · community → community_1430", "critical")
    assert message.fields[0].value == "load, segment 14 of 31"


def test_a_restore_over_the_live_place_needs_no_arrow() -> None:
    assert restored(Restored(FULL, "b", "community", 1, 1), SEOUL).headline == "✅ Restore proven · community"


@pytest.mark.parametrize(("into", "work"), [("", "Backup refused · community · full"), ("copy", "Restore refused · community → copy")])
def test_a_refused_run_is_a_warning(into: str, work: str) -> None:
    assert shown(refused(Turned(FULL, "run 51c0 of community is still going", into), SEOUL)) == (
        f"⚠️ {work} [warning]\n"
        "Reason: run 51c0 of community is still going\n"
        "Time: 00:03:41 KST\n"
        "Run: 7c1e\n"
        'Do next: why("7c1e") in the shell'
    )


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (Safe(), "there is no good backup ✗"),
        (Safe(objective=timedelta(hours=1)), "there is no good backup ✗"),
        (Safe(NOW - timedelta(hours=2)), "newest good backup 2 h old"),
        (Safe(NOW - timedelta(hours=1), timedelta(hours=1)), "newest good backup 1 h old, objective 1 h ✓"),
        (Safe(NOW - timedelta(hours=1, seconds=1), timedelta(hours=1)), "newest good backup 1 h old, objective 1 h ✗"),
        (Safe(NOW + timedelta(minutes=1), timedelta(hours=1)), "newest good backup 0.0 s old, objective 1 h ✓"),
        (Safe(unknown="store nas cannot be read"), "not known: store nas cannot be read"),
    ],
)
def test_safe_now_says_only_what_is_known(facts: Safe, text: str) -> None:
    assert safe(facts, NOW) == text


def test_a_cancelled_restore_says_what_it_leaves():
    untouched = shown(cancelled(Turned(FULL, "cancelled by root", "community", "community is as it was"), SEOUL))
    assert "Safety: community is as it was" in untouched
    assert "half made" not in untouched
    assert "community is half made" in shown(cancelled(Turned(FULL, "cancelled by root", "community", half=True), SEOUL))


def test_a_failed_restore_says_what_became_of_what_stood_there():
    text = shown(failed(Failed(FULL, "restore.load", "disk full", Safe(), into="community", safety='B · undo("7c1e")'), SEOUL))
    assert 'Safety: B · undo("7c1e")' in text


def test_a_restored_folder_counts_names() -> None:
    found = Restored(FULL, "b", "/srv/uploads", 4, 253, 253, counted=("sort", "name"))
    assert "Proven: 4 of 4 sorts, 253 of 253 names" in shown(restored(found, SEOUL))
