"""Counts of a tree and its fingerprint, gathered while its entries pass by. Floor: tools."""

import hashlib
from collections import Counter

from workers.artifact import Count
from workers.sources.files.entry import Entry, Type

_WORDS = {Type.FILE: "files", Type.FOLDER: "folders", Type.SYMLINK: "symlinks", Type.PIPE: "pipes"}


class Tally:
    """What can be restored of the entries that were added. The fingerprint leaves out what no restore brings back: inodes, ctimes."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def count(self, entry: Entry) -> None:
        """Count one entry that a restore makes, without its part in the fingerprint."""
        self._counts[_WORDS[entry.stat.type]] += 1

    def add(self, entry: Entry) -> None:
        """Count one entry, if a restore makes it."""
        if not entry.restorable:
            return
        stat, body = entry.stat, entry.body
        self.count(entry)
        content = body.sha256 if body else ""
        facts = (entry.path, stat.type.value, stat.size, stat.mtime_ns, stat.mode, stat.uid, stat.gid, entry.target, entry.link)
        self._digest.update(repr((*facts, entry.xattrs, content)).encode())

    @property
    def counts(self) -> tuple[Count, ...]:
        """How many of each sort, files and folders first; what there is none of is left out."""
        return tuple(Count(word, self._counts[word]) for word in _WORDS.values() if self._counts[word])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of paths, types, sizes, times, modes, owners, targets, attributes and contents."""
        return self._digest.hexdigest()
