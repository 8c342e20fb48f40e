"""The safety backup: what a restore is about to replace is backed up and sealed first, or nothing is replaced.

Two runs. The restore is opened first and holds the locks of both from beginning to end, so that no other run comes in between; it
begins when its safety backup was sealed. That is an ordinary full backup of the same target, with no lock of its own. Where it ends
otherwise, the restore ends with its reason. Each names the other in the ledger, so that whoever comes back after a loss finds the way:
 - the end of the backup is reported like any other, and what follows from it is done once, however often it is reported;
 - a restore that gets a reason to fail while it waits hands it on to its backup;
 - the restore itself, on its host, looks for the sealed manifest before it changes anything.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from workers.artifact import Kind, Order, Run, new_backup_id
from workers.bench.tools import Tools
from workers.catalog import index
from workers.catalog.ledger import Entry, Ledger, Reason
from workers.catalog.manifest import SAFETY
from workers.errors import Permanent, Refused

SEALED = SAFETY  # the note of a restore: the safety backup that was sealed for it
TOUCHED = "touched"  # the note of a restore: since when what stood in its place may have been changed
BEGUN = "begun"  # the mark of a restore whose canvas is on its way


@dataclass(frozen=True, slots=True)
class Next:
    """What follows from the end of a safety backup: the restore that begins now (None: it does not), or that one has to be ended."""

    begins: Run | None = None
    ends: str = ""


def backup_of(restore: Run, host: str) -> Run:
    """The run of the safety backup that a restore waits for, on the target's own host."""
    if restore.first is None:
        raise Permanent(f"run {restore.id} waits for no other run")
    now = datetime.now(UTC)
    name = new_backup_id(Kind.FULL, now)
    return Run(restore.first, "backup", restore.target, host, name, opened=now, deadline=restore.deadline, then=restore.id)


def next_of(ledger: Ledger, backup: Entry) -> Next:
    """What follows from the end of a safety backup. Once: whoever asks again is told that nothing does."""
    restore = backup.run.then or ""
    kept, waiting = ledger.release(restore), ledger.entry(restore)
    if waiting.state != "open" or waiting.run.first != backup.run.id:
        return Next()
    if backup.state != "done":
        ledger.fail(restore, _failed(backup, waiting))
    elif kept and not waiting.reason:
        ledger.note(restore, SEALED, backup.run.backup)
        return Next(begins=kept)
    elif waiting.reason is None and not ledger.claim(restore, BEGUN):
        return Next()
    else:  # it was taken away and never marked as sent, or it has a reason of its own, which stands
        ledger.fail(restore, Reason("start", "the start was lost with its worker process, after its safety backup; the retry is a new run"))
    return Next(ends=restore)


def waits(ledger: Ledger, restore: Entry) -> bool:
    """Whether a restore waits for its safety backup, or for what follows from that. A reason to fail is handed on to the backup."""
    backup = _first(ledger, restore)
    if backup is None or (backup.state != "open" and backup.alert):
        return False
    if restore.reason and backup.state == "open":
        ledger.fail(backup.run.id, restore.reason)
    return True


def prove(tools: Tools, restore: Run, order: Order) -> None:
    """Permanent where what is to be replaced was not sealed first, in every required store, and is not kept by the restore itself."""
    place = order.into
    if order.aside:
        if not tools.source(restore.target).place(place).aside:
            raise Permanent(f"{place} can be read by now: the retry is a new run, which makes a safety backup of it")
        return
    if restore.first is None:
        raise Permanent(f"no safety backup was made of {place}, which may hold data; the retry is a new run, which makes one")
    backup = tools.ledger.entry(restore.first).run.backup
    required = tools.plan(restore.target).required
    found = index.find((tools.store(name) for name in required), restore.target, backup)
    if found.manifest.run != restore.first or len(found.stores) < len(required):
        raise Permanent(f"the safety backup {backup} of {place} is not sealed in all of {', '.join(required)}; nothing was changed")


def touched(entry: Entry) -> bool:
    """Whether a restore may have changed what stands in its place."""
    return entry.note(TOUCHED) is not None


def words(entry: Entry) -> str:
    """What became of what stood in the place of a restore, for people; "" where nothing stood there."""
    order, sealed = entry.run.order, entry.note(SEALED)
    if entry.run.first is None or order is None:
        return ""
    if touched(entry):
        return f'{sealed} holds what was there before · undo("{entry.run.id}")'
    return f"{order.into} is as it was" + (f"; {sealed} holds it, too" if sealed else "")


def _first(ledger: Ledger, restore: Entry) -> Entry | None:
    try:
        return ledger.entry(restore.run.first) if restore.run.first else None
    except Refused:  # lost before it was opened
        return None


def _failed(backup: Entry, waiting: Entry) -> Reason:
    place = waiting.run.order.into if waiting.run.order else ""
    reason = backup.reason or Reason("start", "nobody said why")
    if reason == waiting.reason or reason.step == "cancel":
        return reason
    return Reason(
        reason.step,
        f"the safety backup (run {backup.run.id}) failed, and nothing was restored: {reason.reason}; {_ways(waiting, place)}",
        reason.segment,
    )


def _ways(waiting: Entry, place: str) -> str:
    return f'without one: restore("{waiting.run.target}", into="{place}_restored"), or over {place} once it holds nothing'
