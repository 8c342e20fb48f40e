"""Looks whether the snapshots of backups are still in their repositories, and says what is gone: to people once, and to the catalog.

It is done when a backup begins, on the target's host, and when the doctor asks. `catalog.presence` says what comes of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.alerts.words import count
from workers.artifact import Run
from workers.bench.tools import Tools
from workers.catalog import index, presence
from workers.catalog.index import Entry, Listing
from workers.catalog.manifest import Manifest
from workers.catalog.presence import Look
from workers.errors import Failure
from workers.ports import Finding, RepositorySource

NAMED = 12  # backups that are told one by one
REMEDY = 'runbook "repository locked, or snapshots gone"; plan() and restore() say which backups can still be restored'
_SNAPSHOT = re.compile(r"\.([0-9a-f]{64})(?:\.[a-z]+)*")  # the end of a record's name: see RepositorySource


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has found: the catalog as its stores have it, and of each repository that answers the snapshots in it.

    `entries` are the backups that this source has made; another one may have kept the target before. `problems` are repositories that do
    not answer, in words.
    """

    listing: Listing
    entries: tuple[Entry, ...]
    held: Mapping[str, frozenset[str]]
    problems: tuple[str, ...]

    def there(self, entry: Entry) -> bool:
        """Whether any repository holds the snapshot of a backup."""
        return any(snapshot(entry.manifest) in ids for ids in self.held.values())

    @property
    def look(self) -> Look:
        """It as backups say it."""
        missing = ((name, entry) for name, ids in self.held.items() for entry in self.entries if snapshot(entry.manifest) not in ids)
        return Look(datetime.now(UTC), tuple(self.held), frozenset((name, entry.manifest.id) for name, entry in missing))


def snapshot(manifest: Manifest) -> str:
    """The snapshot that a backup is about; "" where it is about none."""
    return next((found for segment in manifest.segments for found in recorded([segment.name])), "")


def recorded(names: Iterable[str]) -> Iterator[str]:
    """The snapshots that segments are about, by the ends of their names or keys."""
    yield from (found[1] for name in names if (found := _SNAPSHOT.search(f".{name}")))


def named(ids: Sequence[str]) -> str:
    """The first of some backups by their ids, and how many more there are."""
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{', '.join(ids[:NAMED])}{more}"


def seen(tools: Tools, target: str, source: RepositorySource) -> Seen:
    """Look now."""
    listing, kind = index.backups(tools.stores_of(target), target), tools.target(target).source
    held, problems = dict[str, frozenset[str]](), list[str]()
    for name in tools.plan(target).required:
        try:
            held[name] = source.held(name)
        except Failure as failure:
            problems.append(failure.reason)
    ours = tuple(entry for entry in listing.entries if entry.manifest.source == kind)
    return Seen(listing, ours, held, tuple(dict.fromkeys(problems)))


def note(tools: Tools, run: Run, found: Seen) -> Iterator[str]:
    """Note a look for the facts of the backup that it is done for; in words, what is gone that no backup has told yet."""
    last = found.look
    for name, text in last.extras() if found.held else ():
        tools.ledger.note(run.id, name, text)
    before = presence.looks(found.entries).get(run.target)
    yield from _words(found, last.missing - (before.missing if before else frozenset()))
    if found.problems:
        yield f"whether older backups are still there is not known of every store: {'; '.join(found.problems)}"


def extras(notes: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The look that was noted, for the facts of a backup."""
    return tuple(pair for pair in notes if pair[0] == presence.LOOKED or pair[0].startswith(presence.MISSING))


def findings(tools: Tools, target: str) -> Iterator[Finding]:
    """What a doctor says: whether every backup is where its manifest says. Nothing for other sources."""
    source = tools.source(target)
    if not isinstance(source, RepositorySource):
        return
    try:
        found = seen(tools, target, source)
    except Failure as failure:
        yield Finding(False, "backups", failure.reason)
        return
    words = [*_words(found, found.look.missing), *found.problems]
    well = f"{count(len(found.entries), 'snapshot')} in {', '.join(found.held)}"
    yield Finding(not words, "backups", "; ".join(words) or well, REMEDY if words else "")


def _words(found: Seen, missing: frozenset[tuple[str, str]]) -> Iterator[str]:
    """What is missing, the backups that are in no repository first."""
    ids = [entry.manifest.id for entry in found.entries]
    lost = {entry.manifest.id for entry in found.entries if not found.there(entry)} if not found.problems else frozenset[str]()
    if gone := [backup for backup in ids if backup in lost and any(backup == each for _, each in missing)]:
        yield f"no repository holds the snapshots of these any more, so they cannot be restored: {named(gone)}"
    for name in found.held:
        if less := [backup for backup in ids if backup not in lost and (name, backup) in missing]:
            yield f"store {name}: its repository does not hold the snapshots of these any more: {named(less)}"
