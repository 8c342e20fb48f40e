"""Retention of backups whose data lie in repositories of their source's own. It runs before the dump, under the target's lock.

The manifests go first, then the snapshots, and last the records: so no manifest ever names a snapshot that we have removed, and what a
worker that died in between has left, a record without a manifest, tells the next run what is still to be removed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from workers.alerts.words import count
from workers.artifact import Run
from workers.bench import presence
from workers.bench.presence import Seen, named, recorded, snapshot
from workers.bench.tools import Tools
from workers.catalog import retention
from workers.catalog.index import Entry, Listing
from workers.catalog.ledger import WAITING
from workers.catalog.manifest import Manifest, manifest_key
from workers.errors import Corrupt, Failure, Permanent
from workers.ports import RepositorySource, Source, Store

EXPIRED, UNEXPIRED = "expired", "unexpired"  # notes of the run: ids of the backups that went; what stood in the way, and what was found
APART = timedelta(minutes=5)  # that two clocks may differ

log = structlog.get_logger("canvasback.host")


@dataclass(frozen=True, slots=True)
class Due:
    """What a rule keeps no longer, the newest backup that stays, and the snapshots that go, of halves, too."""

    entries: tuple[Entry, ...]
    halves: tuple[str, ...]
    snapshots: frozenset[str]
    newest: Manifest

    @property
    def words(self) -> str:
        """What is about to go."""
        if not self.entries:
            return "until the rest of what earlier runs left went"
        return f"until {count(len(self.entries), 'backup')} that retention does not keep went: {named(self.ids)}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The backups that go."""
        return tuple(entry.manifest.id for entry in self.entries)


def expire(tools: Tools, run: Run, source: Source) -> None:
    """Look which backups are still there, remove what the plan keeps no longer, and note both for the facts of the backup that follows.

    Whatever stands in the way is noted, too, and ends no backup: the next one tries again. Corrupt where a repository is not sound
    afterwards.
    """
    if not isinstance(source, RepositorySource):
        return
    seen = presence.seen(tools, run.target, source)
    for words in presence.note(tools, run, seen):
        _say(tools, run, words)
    if tools.plan(run.target).retention is not None:
        _keep(tools, run, source, seen)


def _keep(tools: Tools, run: Run, source: RepositorySource, seen: Seen) -> None:
    try:
        if found := due(tools, run, seen):
            log.info("removing what retention does not keep", target=run.target, backups=found.ids)
            tools.ledger.note(run.id, WAITING, found.words)
            _remove(tools, run, source, found)
    except Corrupt:
        raise
    except Failure as problem:
        log.warning("retention not applied", target=run.target, reason=problem.reason)
        _say(tools, run, f"retention was not applied, or not to its end: {problem.reason}")
    finally:
        tools.ledger.note(run.id, WAITING, "")


def told(tools: Tools, run: Run) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """What the facts of a backup say of it: extras, and warnings."""
    entry = tools.ledger.entry(run.id)
    gone = entry.note(EXPIRED)
    extras = (*presence.extras(entry.notes), *(((EXPIRED, gone),) if gone else ()))
    return extras, tuple((entry.note(UNEXPIRED) or "").splitlines())


def due(tools: Tools, run: Run, seen: Seen) -> Due | None:
    """What is to go; None where that is nothing. Changes nothing. Permanent where what there is, or what time it is, is not certain."""
    _certain(tools, seen)
    if _restored_now(tools, run):
        return None
    there = [entry for entry in seen.entries if seen.there(entry)]
    if not there:
        return None
    lost = [entry for entry in seen.entries if entry not in there]  # none of them takes the place of one that can be restored
    over = (*_over(tools, run, there), *(entry for entry in _over(tools, run, seen.entries) if entry in lost))
    halves = tuple(_given_up(seen.listing, tools.plan(run.target).deadline))
    gone = {snapshot(entry.manifest) for entry in over} | _recorded(tools.stores_of(run.target), run.target, halves)
    gone -= {snapshot(entry.manifest) for entry in there if entry not in over}
    return Due(over, halves, frozenset(gone), max((entry.manifest for entry in there), key=retention.moment)) if gone else None


def _over(tools: Tools, run: Run, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Those of some backups that the plan's rule does not keep."""
    if rule := tools.plan(run.target).retention:
        kept = retention.kept((entry.manifest for entry in entries), rule, tools.settings.time_zone)
        yield from (entry for entry in entries if entry.manifest.id not in kept)


def _certain(tools: Tools, seen: Seen) -> None:
    """Permanent where a store, a repository or a manifest cannot be read, or a clock is in doubt: nothing may go then."""
    unread = (f"{problem.store}: {problem.key} {problem.reason}" for problem in seen.listing.problems)
    if problems := [*unread, *seen.problems]:
        raise Permanent("; ".join(problems))
    seconds, micros = tools.redis.time()
    now, theirs = datetime.now(UTC), datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    if abs(now - theirs) > APART:
        raise Permanent(f"the clock is in doubt: it is {now:%Y-%m-%d %H:%M:%S} on this host and {theirs:%Y-%m-%d %H:%M:%S} on the broker's")
    late = [entry.manifest.id for entry in seen.listing.entries if retention.moment(entry.manifest) > now + APART]
    if late:
        raise Permanent(f"the clock is in doubt: backup {late[0]} is of a time that has not come yet")


def _restored_now(tools: Tools, run: Run) -> bool:
    """Whether a backup of the target is being restored; one restore at a time holds the lock of the host.

    Nothing goes then, whichever backup it reads: what is packed anew is deleted where it lay, under a reader that has no lock.
    """
    holder = tools.ledger.holder(f"restore:{run.host}")
    reader = tools.ledger.entry(holder).run if holder else None
    return reader is not None and reader.target == run.target


def _given_up(listing: Listing, deadline: timedelta) -> Iterator[str]:
    """The backups that were never finished, or whose manifests went, and of which no run can be at work any more."""
    for half in listing.halves:
        backup = half.partition("/")[2]
        if datetime.strptime(backup[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) < datetime.now(UTC) - deadline:
            yield backup


def _recorded(stores: Iterable[Store], target: str, halves: Iterable[str]) -> set[str]:
    """The snapshots that halves are about."""
    return set(recorded(found.key for store in stores for half in halves for found in store.list(f"{target}/{half}/segments/")))


def _remove(tools: Tools, run: Run, source: RepositorySource, found: Due) -> None:
    """Manifests, snapshots, records. A manifest that a store does not give away keeps its snapshot."""
    stores, ids = tools.stores_of(run.target), found.ids
    for store in stores:
        for key in (manifest_key(run.target, backup) for backup in ids):
            store.remove(key)
            if store.stat(key):
                raise Permanent(f"{store.name} does not give {key} away; is it locked?")
    tools.ledger.note(run.id, EXPIRED, " ".join(ids))
    source.forget(found.snapshots, snapshot(found.newest))
    for store in stores:
        for key in [each.key for backup in (*ids, *found.halves) for each in store.list(f"{run.target}/{backup}/segments/")]:
            store.remove(key)


def _say(tools: Tools, run: Run, words: str) -> None:
    said = tools.ledger.entry(run.id).note(UNEXPIRED)
    tools.ledger.note(run.id, UNEXPIRED, f"{said}\n{words}" if said else words)
