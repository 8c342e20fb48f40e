"""The way back: the engine writes into a folder beside the place, it is counted, and only then the place is exchanged. Floor: tools."""

from pathlib import Path

from workers.artifact import Count, Order, Outcome
from workers.errors import Corrupt, Failure, Permanent, Refused
from workers.ports import Tell
from workers.sources.engine.home import Home, Homes
from workers.sources.engine.place import allowed, measure, room
from workers.sources.engine.record import Record
from workers.sources.engine.site import Site, site


def prepare(order: Order) -> None:
    """Make a folder beside the place. Refused where the place is taken, or has no room; nothing is touched there."""
    allowed(order)
    if not order.objects:
        room(order, int(dict(order.facts.extras).get("plain_bytes", 0)))
    site(order).begin()


def load(homes: Homes, order: Order, record: Record, tell: Tell) -> None:
    """Restore from the first store whose repository is good. Raises what every one of them said where none is."""
    work, problems = site(order), list[Failure]()
    if work.noted():
        return  # loaded before, and the process was lost before it could say so
    for home in homes.each:
        try:
            outcome = _from(home, order, record, work, tell)
        except Failure as problem:
            problems.append(problem)
        else:
            bad = tuple(f"the next store was taken: {problem.reason}" for problem in problems)
            work.note(Outcome(outcome.counts, (*bad, *outcome.warnings)))
            return
    work.drop()
    raise type(problems[0])("; ".join(problem.reason for problem in problems))


def finish(order: Order) -> Outcome:
    """Give the restored folder its place; what stands there is moved aside."""
    work = site(order)
    outcome = work.noted()
    if outcome is None:
        raise Permanent(f"{work.folder} holds nothing that was restored: the restore was not prepared, or was cleared; start it again")
    return Outcome(outcome.counts, (*outcome.warnings, *work.exchange(dict(order.facts.extras)["path"])))


def _from(home: Home, order: Order, record: Record, work: Site, tell: Tell) -> Outcome:
    """What one repository gave, compared with the record; of single files there is nothing to compare with but that there are some."""
    tree = work.fresh()
    home.extract(record, tree, order.objects, tell)
    there = measure(tree / Path(record.path).name)
    if order.objects:
        if not there.files:
            raise Refused(f"snapshot {record.snapshot[:12]} of {record.path} holds nothing of {', '.join(order.objects)}")
        return Outcome((Count("files", there.files),), (f"{there.files} files, {there.bytes:,} bytes",))
    if there.files != record.files or record.size not in (there.bytes, there.once):  # restic counts each name of a file, borg only one
        raise Corrupt(
            f"{home.name} gave {there.files} files with {there.bytes} bytes, snapshot {record.snapshot[:12]} of {record.path} has"
            f" {record.files} with {record.size}"
        )
    return Outcome((Count("files", there.files),))
