"""What the steps of a backup do besides where its source keeps repositories of its own: the data are there, the segment is their record.

Each backup reads another share of each repository, so that over so many backups all of it was read. Which one is next, the newest
sealed backup says: its share was read in every store before it was sealed. One of a time that has not come, which a wrong clock has made,
is not asked: it would be the newest for long, and one share would be read again and again. Where no store is read, there is no share.
"""

from dataclasses import replace
from pathlib import Path

from workers.artifact import Facts, Kind, Run, Segment
from workers.bench import expiry
from workers.bench.proving import asks
from workers.bench.tools import Tools
from workers.catalog import index
from workers.ports import RepositorySource, Share, Source, Store

SHARE = "share"  # a note of the run, and an extra of its facts: `3/28`


def added(tools: Tools, run: Run, source: Source, facts: Facts) -> Facts:
    """The facts with the share that this run is to read, which is noted for its other steps; and what retention has removed and found.

    A repository that is a new one is a warning.
    """
    if not isinstance(source, RepositorySource):
        return facts
    before = index.newest((tools.store(name) for name in tools.plan(run.target).required), run.target, run.backup)
    share = following(before.facts if before else None, source.shares) if any(_reads(tools, run)) else ""
    tools.ledger.note(run.id, SHARE, share)
    lost = before is not None and before.facts.flavour == facts.flavour and before.facts.identity != facts.identity
    new = (f"the repository is a new one: what backups up to {before.id} hold is not in it",) if before and lost else ()
    extras, warnings = expiry.told(tools, run)
    read = ((SHARE, share),) if share else ()
    return replace(facts, extras=(*facts.extras, *read, *extras), warnings=(*facts.warnings, *new, *warnings))


def following(before: Facts | None, of: int) -> str:
    """The share after the one of the backup before; the first where there was none, or where the number of shares was changed."""
    number, _, parts = dict(before.extras if before else ()).get(SHARE, "").partition("/")
    return f"{int(number) % of + 1 if parts == str(of) else 1}/{of}"


def prove(tools: Tools, run: Run, plain: Path) -> None:
    """Prove a record against the repository that it came from."""
    source = tools.source(run.target)
    if isinstance(source, RepositorySource):
        source.prove(plain)


def carry(tools: Tools, run: Run, segment: Segment) -> None:
    """Bring the snapshot into the repository of every other store."""
    source = tools.source(run.target)
    if isinstance(source, RepositorySource):
        source.carry(segment)


def audit(tools: Tools, run: Run, segment: Segment, stores: tuple[Store, ...]) -> None:
    """Prove every store's repository; its data are read as far as the plan reads copies back."""
    source = tools.source(run.target)
    if not isinstance(source, RepositorySource):
        return
    number, _, of = (tools.ledger.entry(run.id).note(SHARE) or "").partition("/")
    for store, reads in zip(stores, _reads(tools, run), strict=True):
        source.audit(segment, store.name, Share(int(number), int(of)) if reads and of else None)


def _reads(tools: Tools, run: Run) -> list[bool]:
    """Of each required store whether data in it are read, or only asked for."""
    plan = tools.plan(run.target)
    return [plan.verify != "head" and not asks(tools.store(name), Kind(run.kind), plan) for name in plan.required]
