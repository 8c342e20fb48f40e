"""The way back: the engine writes into a folder beside the place, it is counted, and only then the place is exchanged. Floor: tools."""

from pathlib import Path

from workers.artifact import Count, Order, Outcome
from workers.errors import Corrupt, Failure, Permanent, Refused
from workers.ports import Tell
from workers.sources.engine.home import Home, Homes
from workers.sources.engine.listing import pick
from workers.sources.engine.record import Record
from workers.sources.engine.site import Site, site
from workers.sources.folders.paths import told
from workers.sources.folders.place import allowed, look, measure, room

PROOF = "files counted and compared with the record of the snapshot"


def prepare(order: Order) -> None:
    """Make a folder beside the place. Refused where the place is taken, or has no room; nothing is touched there."""
    place = look(order.into, PROOF)
    if not place.empty and order.confirm and order.objects:
        raise Refused(
            f"single files do not go over {place.name}, which would be moved aside whole: restore them into a folder of their own"
        )
    into = allowed(order, place)
    if not order.objects:
        room(into.parent, int(dict(order.facts.extras).get("plain_bytes", 0)))
    site(order).begin()


def load(homes: Homes, order: Order, record: Record, tell: Tell) -> None:
    """Restore from the first store whose repository is good. Raises what every one of them said where none is."""
    work, problems = site(order), list[Failure]()
    if work.noted():
        return  # loaded before, and the process was lost before it could say so
    for home in homes.each:
        try:
            outcome = _from(home, order, record, work, tell)
        except Refused:
            work.drop()
            raise
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
    with told(work.into):
        work.begin_moving()
        work.give_place(work.tree / Path(dict(order.facts.extras)["path"]).name)
        return work.end(outcome)


def _from(home: Home, order: Order, record: Record, work: Site, tell: Tell) -> Outcome:
    """What one repository gave, compared with the record; single files with what its listing says of them."""
    tree, picked = work.fresh(), pick(home, record, order) if order.objects else None
    home.extract(record, tree, picked.names if picked else (), tell)
    there = measure(tree / Path(record.path).name)
    if picked:
        if there.files != picked.files:
            raise Corrupt(f"{home.name} gave {there.files} of the {picked.files} files that {', '.join(order.objects)} stand for")
        return Outcome((Count("files", there.files),), (f"{there.files} files, {there.bytes:,} bytes",))
    if there.files != record.files or record.size not in (there.bytes, there.once):  # restic counts each name of a file, borg only one
        raise Corrupt(
            f"{home.name} gave {there.files} files with {there.bytes} bytes, snapshot {record.snapshot[:12]} of {record.path} has"
            f" {record.files} with {record.size}"
        )
    return Outcome((Count("files", there.files),))
