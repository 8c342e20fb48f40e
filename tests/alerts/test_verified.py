"""What people are told about a verification: the verdict first, then what it stands on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workers.alerts.message import Restored, Told
from workers.alerts.verified import Looked, Verified, verified
from workers.artifact import Kind

SEOUL = ZoneInfo("Asia/Seoul")
TOLD = Told("7c1e0a2b", "community", Kind.FULL, datetime(2026, 11, 22, 17, 0, tzinfo=UTC), timedelta(seconds=40))
BACKUP = "20261122T000000Z-full-9f3a11c2"
COUNTED = Restored(TOLD, BACKUP, "", 4, 1205, 1205)
LOOKED = Looked(("posts → users (by_user)",), ("users.email",))
PASSED = Verified(TOLD, "passed", BACKUP, "scratch server (mysql)", counted=COUNTED, looked=LOOKED)


def shown(facts):
    message = verified(facts, SEOUL)
    return message.headline, {field.label: field.value for field in message.fields}, message.severity, message.advice


def test_a_backup_that_has_passed_is_told_with_all_that_was_proven():
    headline, fields, severity, advice = shown(PASSED)
    assert (headline, severity, advice) == ("✅ Verification passed · community", "info", 'why("7c1e0a2b") in the shell')
    assert fields == {
        "Backup": BACKUP,
        "Proven": "4 of 4 tables, 1,205 of 1,205 rows",
        "Foreign keys": "1 key followed, row by row",
        "Duplicates": "users.email searched",
        "Where": "scratch server (mysql)",
        "Duration": "40 s",
        "Time": "02:00:00 KST",
        "Run": "7c1e0a2b",
    }


def test_data_that_are_wrong_in_a_good_backup_are_a_warning():
    headline, fields, severity, _ = shown(replace(PASSED, looked=replace(LOOKED, flaws=("users.email: 2 values in more than one row",))))
    assert (headline[0], severity) == ("✅", "warning")
    assert fields["Data"] == "• users.email: 2 values in more than one row"


@pytest.mark.parametrize(
    ("verdict", "head", "severity"),
    [
        ("failed", "❌ Verification failed: the backup is bad · community", "critical"),
        ("error", "⚠️ Verification without a verdict · community", "warning"),
    ],
)
def test_what_has_not_passed_says_why_and_nothing_that_was_not_proven(verdict, head, severity):
    headline, fields, told, advice = shown(Verified(TOLD, verdict, BACKUP, reason="segment 3 is damaged"))
    assert (headline, told, fields["Reason"]) == (head, severity, "segment 3 is damaged")
    assert not {"Proven", "Foreign keys", "Duplicates", "Where"} & fields.keys()
    assert ('backup("community") now' in advice) is (verdict == "failed")
