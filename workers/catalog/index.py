"""What backups there are, from the manifests of the stores alone: anything else could be out of date.

Nothing is believed because of a file's name or place: the newest is the one whose manifest has the newest snapshot,
and a manifest that lies under another backup's key is a problem. One store that is away or one manifest that is
damaged never hides the rest.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from workers.artifact import BACKUP_ID
from workers.catalog import layout
from workers.catalog.manifest import Manifest, manifest_key, read
from workers.errors import Corrupt, Failure, Refused, Transient
from workers.ports import Store

_KEY = re.compile(rf"(?P<target>[^/]+)/(?P<backup>{BACKUP_ID.pattern})/(?:manifest\.json|segments/[^/]+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed backup and the stores that hold its manifest, in the order in which they were asked."""

    manifest: Manifest
    stores: tuple[Store, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A manifest that cannot be read, or a store (`key` is "") that cannot be listed."""

    store: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """All backups, the newest snapshot first, and what could not be read; `halves` (`<target>/<id>`) have segments and no manifest.

    `gone` are backups whose manifests are here and whose data were not when somebody looked: see `presence`.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    halves: tuple[str, ...]
    gone: tuple[Entry, ...] = ()


def backups(stores: Iterable[Store], target: str | None = None, since: str = "") -> Listing:
    """Every backup of a target (of all, without one) in these stores; `since`: of those that began with or after the backup of this id."""
    index = _Index()
    for store in stores:
        index.add_all(store, f"{target}/" if target else "", since)
    entries = sorted(index.entries.values(), key=lambda entry: (entry.manifest.facts.snapshot, entry.manifest.id), reverse=True)
    return Listing(tuple(entries), tuple(index.problems), tuple(sorted(index.seen - index.sealed)))


def newest(stores: Iterable[Store], target: str, until: str = "~") -> Manifest | None:
    """The newest readable backup under a name that may have thousands, found by reading few of them; None where there is none.

    `until`: of those that began before the backup of this id, or in its second.
    Raises the store's failure where no store can be asked: nobody knows then what there is.
    """
    index, asked = _Index(), tuple(stores)
    for store in asked:
        index.add_newest(store, f"{target}/", until)
    if len([problem for problem in index.problems if not problem.key]) == len(asked):
        raise Transient(f"what there is of {target} is not known: " + "; ".join(f"{p.store}: {p.reason}" for p in index.problems))
    return max(
        (entry.manifest for entry in index.entries.values()), key=lambda manifest: (manifest.facts.snapshot, manifest.id), default=None
    )


def find(stores: Iterable[Store], target: str, backup: str) -> Entry:
    """The backup with this id, or with an id that begins so.

    Raises Refused where there is none or more than one, where it was never finished, or where no manifest of it can be read.
    """
    asked = tuple(stores)
    index = _Index()
    if BACKUP_ID.fullmatch(backup):  # nothing else needs to be read; a restore asks this once for every segment
        for store in asked:
            index.add(store, manifest_key(target, backup), absent=True)
    if found := list(index.entries.values()):
        return found[0]
    listing = backups(asked, target)
    fits = [entry for entry in listing.entries if backup and entry.manifest.id.startswith(backup)]
    if len(fits) == 1:
        return fits[0]
    raise Refused(_why(listing, target, backup, [entry.manifest.id for entry in fits]))


def _why(listing: Listing, target: str, backup: str, fits: list[str]) -> str:
    if fits:
        return f"{backup!r} begins {len(fits)} backups of {target}: {', '.join(fits[:5])}; give more of the id"
    here = f"{target}/{backup}" if backup else ""
    damaged = [problem for problem in listing.problems if here and problem.key.startswith(here)]
    if damaged:
        return f"backup {backup} of {target} cannot be used: " + "; ".join(f"{problem.store}: {problem.reason}" for problem in damaged)
    if here and any(half.startswith(here) for half in listing.halves):
        return f"backup {backup} of {target} was never finished: it has segments and no manifest"
    return _unknown(listing, target, backup)


def _unknown(listing: Listing, target: str, backup: str) -> str:
    known = [entry.manifest.id for entry in listing.entries]
    near = get_close_matches(backup, known, 3) or known[:3]
    hint = f"near it are {', '.join(near)}" if near else "it has no backup at all"
    away = "".join(f"; store {problem.store} could not be asked: {problem.reason}" for problem in listing.problems if not problem.key)
    return f"{target} has no backup {backup!r}; {hint}{away}"


class _Index:
    """Collects entries over several stores."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.problems: list[Problem] = []
        self.proven: dict[tuple[str, bytes], Manifest] = {}
        self.seen: set[str] = set()
        self.sealed: set[str] = set()

    def add_all(self, store: Store, prefix: str, since: str = "") -> None:
        """Every manifest of a store below the prefix, of this time or later: ids sort by it."""
        begin = since.partition("-")[0]
        try:
            keys = [found.key for found in store.list(prefix) if _KEY.fullmatch(found.key) and _second(found.key) >= begin]
        except Failure as failure:
            self.problems.append(Problem(store.name, "", failure.reason))
            return
        for key in keys:
            self.seen.add(_place(key))
            if key.endswith("/manifest.json"):
                self.add(store, key)

    def add_newest(self, store: Store, prefix: str, until: str) -> None:
        """The newest manifest of a store below the prefix that can be read, and all of its second: ids sort by time."""
        end = until.partition("-")[0]
        try:
            found_keys = (each.key for each in store.list(prefix) if _KEY.fullmatch(each.key) and each.key.endswith("/manifest.json"))
            keys = sorted(key for key in found_keys if _second(key) <= end)
        except Failure as failure:
            self.problems.append(Problem(store.name, "", failure.reason))
            return
        found = ""
        while keys and (not found or _second(keys[-1]) == _second(found)):
            key = keys.pop()
            self.add(store, key)
            found = found or (key if key in self.entries else "")

    def add(self, store: Store, key: str, absent: bool = False) -> None:
        """One manifest; `absent`: it need not be there."""
        try:
            if absent and store.stat(key) is None:
                return
            self.sealed.add(_place(key))
            self._enter(store, key, self._read(store, key))
        except Failure as failure:
            self.problems.append(Problem(store.name, key, failure.reason))

    def _read(self, store: Store, key: str) -> Manifest:
        """What lies under a key; proven once where the same bytes lie in several stores. The store hears of what is wrong with it."""
        with store.open(key) as source:
            body = source.read(layout.LIMIT + 1)
            same = (key, hashlib.sha256(body).digest())
            manifest = self.proven.get(same) or _proven(body)
        if manifest_key(manifest.target, manifest.id) != key:
            raise Corrupt(f"it is the manifest of {manifest.target}/{manifest.id}, copied to another place")
        self.proven[same] = manifest
        return manifest

    def _enter(self, store: Store, key: str, manifest: Manifest) -> None:
        known = self.entries.get(key)
        if known and known.manifest != manifest:
            raise Corrupt(f"another manifest of {manifest.id} than in {known.stores[0].name}")
        self.entries[key] = Entry(manifest, (*known.stores, store) if known else (store,))


@lru_cache(maxsize=1)
def _proven(body: bytes) -> Manifest:
    """The manifest in these bytes; the last one is remembered: a restore reads that of its backup for every segment, the same each time."""
    return read(body)


def _second(key: str) -> str:
    """The time in a backup's id."""
    return key.split("/")[1].partition("-")[0]


def _place(key: str) -> str:
    return "/".join(key.split("/")[:2])
