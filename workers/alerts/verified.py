"""What people are told about a verification: a verdict, and what it was made of. Pure functions from facts to a message."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from workers.alerts.message import Restored, Told, counted
from workers.alerts.words import clock, count, duration
from workers.ports import Field, Message


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at, each in words: relations that were followed, keys that were searched for duplicates, flaws of the data."""

    relations: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification that is over. `verdict` is `passed`, `failed` or `error`, `reason` says why not passed, `where` it was tried."""

    told: Told
    verdict: str
    backup: str
    where: str = ""
    reason: str = ""
    counted: Restored | None = None
    looked: Looked | None = None


HEADS = {
    "passed": "✅ Verification passed",
    "failed": "❌ Verification failed: the backup is bad",
    "error": "⚠️ Verification without a verdict",
}
SEVERITY = {"passed": "info", "failed": "critical", "error": "warning"}
NEXT = {"failed": 'backup("{}") now, and look at the runbook "verification failed" · '}


def verified(facts: Verified, zone: ZoneInfo) -> Message:
    """The verdict, with what was counted and looked at; a warning where the data themselves are not as they should be."""
    told, looked = facts.told, facts.looked or Looked()
    fields = (
        *([Field("Reason", facts.reason)] if facts.reason else []),
        Field("Backup", facts.backup),
        *([Field("Proven", counted(facts.counted))] if facts.counted else []),
        *(_looked(looked) if facts.looked else ()),
        *([Field("Where", facts.where)] if facts.where else []),
        Field("Duration", duration(told.took)),
        Field("Time", clock(told.ended, zone)),
        *([Field("Data", "\n".join(f"• {flaw}" for flaw in looked.flaws))] if looked.flaws else []),
        Field("Run", told.run),
    )
    severity = "warning" if facts.verdict == "passed" and looked.flaws else SEVERITY[facts.verdict]
    advice = NEXT.get(facts.verdict, "").format(told.target) + f'why("{told.run}") in the shell'
    return Message(f"{HEADS[facts.verdict]} · {told.target}", fields, severity, advice)


def _looked(looked: Looked) -> tuple[Field, ...]:
    keys = f"{', '.join(looked.keys)} searched" if looked.keys else "no column is configured"
    return (Field("Foreign keys", f"{count(len(looked.relations), 'key')} followed, row by row"), Field("Duplicates", keys))
