"""Proves a restored tree against its index: every name, and what of it a restore brings back. Floor: tools."""

import os
from collections.abc import Iterator
from pathlib import Path

from workers.artifact import Outcome
from workers.errors import Permanent
from workers.sources.files.beside import MISSING, beside, differences
from workers.sources.files.entry import Entry, Type
from workers.sources.files.notes import Notes
from workers.sources.files.reading import xattrs
from workers.sources.files.rules import Everything
from workers.sources.files.scan import FOLDER, Seen, Walk
from workers.sources.files.tally import Tally
from workers.sources.folders.paths import shown

_NAMED = 10  # differences that an error names


def prove(root: Path, entries: Iterator[Entry]) -> Outcome:
    """Counts of the tree, and warnings of what could not be brought back. Permanent, naming paths, where it is not what the entries say."""
    notes, lost, tally, wrong = Notes(), Notes(), Tally(), list[str]()
    for seen, entry in beside(Walk(root, Everything(), lost), entries):
        if seen is None or entry is None:
            wrong += [f"{shown(entry.path)} {MISSING}"] if entry else [f"{shown(seen.path)} is not in the backup"] if seen else []
        else:
            tally.add(entry)
            wrong += (f"{shown(entry.path)} {words}" for words in differences(seen, entry))
            for words in (*_unkept(seen, entry), *([entry.problem] if entry.problem else ())):
                notes.add(entry.path, words)
        if len(wrong) >= _NAMED:
            break
    if wrong := [*wrong, *lost.warnings]:
        raise Permanent(f"restored, but not what the index says: {'; '.join(wrong[:_NAMED])}")
    return Outcome(tally.counts, notes.warnings)


def _unkept(seen: Seen, entry: Entry) -> Iterator[str]:
    """What this user or file system could not bring back."""
    stat = entry.stat
    if os.geteuid() != 0 and (stat.uid, stat.gid) != (seen.stat.st_uid, seen.stat.st_gid):
        yield "belongs to the restoring user: only root can give files away"
    if entry.xattrs and stat.type in (Type.FILE, Type.FOLDER):
        flags = FOLDER if stat.type is Type.FOLDER else os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(seen.name, flags, dir_fd=seen.folder)
        try:
            missing = set(entry.xattrs) - set(xattrs(fd))
        finally:
            os.close(fd)
        yield from (f"has not its attribute {name} back" for name, _ in sorted(missing))
