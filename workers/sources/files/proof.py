"""Proves a restored tree against its index: every name, and what of it a restore brings back. Floor: tools."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from workers.artifact import Outcome
from workers.errors import Permanent
from workers.sources.files.beside import ATTRIBUTED, MISSING, Names, alike, beside, differences, owner
from workers.sources.files.entry import Entry, Type
from workers.sources.files.notes import Notes
from workers.sources.files.reading import xattrs
from workers.sources.files.rules import Everything
from workers.sources.files.scan import Seen, Walk
from workers.sources.files.tally import Tally
from workers.sources.files.tree import mode_for
from workers.sources.folders.paths import shown

_NAMED = 10  # differences that an error names


def prove(root: Path, entries: Iterator[Entry]) -> Outcome:
    """Counts of the tree, and warnings of what could not be brought back. Permanent, naming paths, where it is not what the entries say.

    Entries that no restore can make (their contents were never read) are warnings, too: who looks at the tree does not miss them.
    """
    lost, wrong, found = Notes(), list[str](), _Found()
    for seen, entry in beside(Walk(root, Everything(), lost), entries):
        if entry is None or (seen is None and entry.restorable):
            wrong.append(f"{shown(entry.path)} {MISSING}" if entry else f"{shown(seen.path if seen else '')} is not in the backup")
        else:
            wrong += found.compare(seen, entry)
        if len(wrong) >= _NAMED:
            break
    if wrong := [*wrong, *lost.warnings]:
        raise Permanent(f"restored, but not what the index says: {'; '.join(wrong[:_NAMED])}")
    return Outcome(found.tally.counts, found.notes.warnings)


@dataclass(slots=True)
class _Found:
    """What was found of a tree: counts, and notes of what is not as it was."""

    notes: Notes = field(default_factory=Notes)
    tally: Tally = field(default_factory=Tally)
    names: Names = field(default_factory=Names)

    def compare(self, seen: Seen | None, entry: Entry) -> Iterator[str]:
        """What of a name is wrong, in sentences; what could not be had any better is noted."""
        if entry.problem:
            self.notes.add(entry.path, entry.problem)
        if seen is None:
            return
        if entry.restorable:
            self.tally.count(entry)
        if _same(seen, entry):
            return
        for words in _unkept(seen, entry):
            self.notes.add(entry.path, words)
        mode = mode_for(entry, seen.stat)
        had = entry if mode == entry.stat.mode else replace(entry, stat=replace(entry.stat, mode=mode))
        whose = owner(seen, entry) if os.geteuid() == 0 else ()
        yield from (f"{shown(entry.path)} {words}" for words in (*differences(seen, had), *whose, *self.names.differences(seen, entry)))


def _same(seen: Seen, entry: Entry) -> bool:
    """Whether there is nothing to say of a file with one name, as of nearly all."""
    single = seen.stat.st_nlink == 1 and not entry.link and not entry.xattrs
    return single and alike(seen.stat, entry.stat) and not any(owner(seen, entry))


def _unkept(seen: Seen, entry: Entry) -> Iterator[str]:
    """What this user or file system could not bring back."""
    if os.geteuid() != 0 and any(owner(seen, entry)):
        yield "belongs to the restoring user: only root can give files away"
    if mode_for(entry, seen.stat) != entry.stat.mode and entry.stat.type is not Type.SYMLINK:
        yield f"has not its mode {entry.stat.mode:o} back: set-id bits would act for another owner"
    if entry.xattrs and entry.stat.type in ATTRIBUTED:
        missing = set(entry.xattrs) - set(xattrs(seen.way))
        yield from (f"has not its attribute {name} back" for name, _ in sorted(missing))
