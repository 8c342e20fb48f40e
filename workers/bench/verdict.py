"""The verdict of a verification, as the ledger keeps it, for people: `passed`, `failed` (the backup is bad) or `error` (nobody knows)."""

from workers.alerts.message import Restored, Told
from workers.alerts.verified import Looked, Verified
from workers.alerts.words import count
from workers.catalog.ledger import Entry

WORK = "verify"  # what such a run is called
NOTE = "verdict"  # the note: passed or failed; without it there is no verdict
PASSED, FAILED, ERROR = "passed", "failed", "error"


def of(entry: Entry) -> str:
    """The verdict of a run that is over."""
    return entry.note(NOTE) or ERROR


def told(about: Told, entry: Entry) -> Verified:
    """What people are told of it."""
    reason = entry.reason.reason if entry.reason else ""
    looked = Looked(*(_lines(entry, name) for name in ("relations", "keys", "flaws"))) if entry.note("tables") else None
    return Verified(about, of(entry), entry.run.backup, entry.note("where") or "", reason, _counted(about, entry), looked)


def words(entry: Entry) -> str:
    """It in one sentence, and below it what is wrong with the data themselves."""
    flaws = "".join(f"\n  ! {line}" for line in _lines(entry, "flaws"))
    if of(entry) != PASSED:
        meaning = "the backup is bad" if of(entry) == FAILED else "no verdict"
        return f"{entry.run.backup}: {meaning}: {entry.reason.reason if entry.reason else 'nobody said why'}{flaws}"
    expected = entry.note("expected")
    rows = f"{int(entry.note('rows') or 0):,}" + (f" of {int(expected):,}" if expected else "")
    followed = count(len(_lines(entry, "relations")), "foreign key")
    return f"{entry.run.backup} passed in a {entry.note('where')}: {entry.note('tables')} tables, {rows} rows, {followed} followed.{flaws}"


def listed(entry: Entry) -> str:
    """Every foreign key that was followed and every column that was searched, one a line; "" for a run that looked at none."""
    followed = [f"  followed  {key}" for key in _lines(entry, "relations")]
    return "\n".join((*followed, *(f"  searched  {key}" for key in _lines(entry, "keys"))))


def advice(entry: Entry) -> str:
    """What to do next."""
    target = entry.run.target
    if of(entry) == PASSED:
        return f'plan(restore="{target}", backup="{entry.run.backup}", into="…") tells how it comes back'
    if of(entry) == FAILED:
        return f'backup("{target}") makes another; verify("{target}", backup="…") tells which of the older ones are good'
    return f'mend the reason (doctor() looks at everything), then verify("{target}") tries again'


def _counted(about: Told, entry: Entry) -> Restored | None:
    if not entry.note("tables"):
        return None
    tables, rows, expected = (int(entry.note(name) or -1) for name in ("tables", "rows", "expected"))
    return Restored(about, entry.run.backup, "", tables, rows, expected if expected >= 0 else None)


def _lines(entry: Entry, name: str) -> tuple[str, ...]:
    return tuple(line for line in (entry.note(name) or "").splitlines() if line)
