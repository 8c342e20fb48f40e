"""To which seconds a target can be brought back: proven from manifests alone, never assumed. Floor: tools. Pure.

A full backup stands at a position in its server's binary log. From there on every log must follow the one before: the next number,
and the GTIDs that it says were executed before it are those that were executed after its predecessor. Where GTIDs are off, the
number and the order in time must do. The first log that does not follow ends the stretch, whatever comes later.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import TypeAlias

from workers.artifact import Kind, Log, Position
from workers.catalog.manifest import Manifest
from workers.errors import Refused

Contains: TypeAlias = Callable[[str, str], bool]  # whether a set of GTIDs, as its server wrote it, holds all of another

_FITS = re.compile(r"[a-z0-9_-]{1,58}")
OFF = "the binary log was off when it was made"


@dataclass(frozen=True, slots=True)
class Piece:
    """A log file and the backup that holds it. Whatever was committed up to `until` lies in it or before it.

    `gap` is what was missing before it when it was shipped, "" where nothing was.
    """

    log: Log
    bundle: Manifest
    until: datetime
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time from a full backup on, to any moment of which the target can be brought back, and the logs for it in order.

    `ended` says why it goes no further, "" where it ends with the newest log.
    """

    full: Manifest
    pieces: tuple[Piece, ...]
    end: datetime
    ended: str = ""

    @property
    def begin(self) -> datetime:
        """The moment of the full backup."""
        return self.full.facts.snapshot

    @property
    def position(self) -> Position | None:
        """Where in the log its end is."""
        return _end(self.pieces[-1].log) if self.pieces else self.full.facts.position

    @property
    def bundles(self) -> tuple[Manifest, ...]:
        """The backups that hold its logs, in order, each once."""
        return tuple({piece.bundle.id: piece.bundle for piece in self.pieces}.values())


@dataclass(frozen=True, slots=True)
class Window:
    """A time without a gap, from the oldest moment to the newest one."""

    begin: datetime
    end: datetime


def shelf(identity: str) -> str:
    """The folder in which the logs of a server lie: `logs-<server_uuid>`.

    MariaDB's `server_uid` and a hash of ours hold other characters or too many: then it is a digest of them.
    """
    fits = _FITS.fullmatch(identity) is not None
    return f"logs-{identity if fits else hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def stretches(backups: Iterable[Manifest], contains: Contains) -> tuple[Stretch, ...]:
    """The stretch of every full backup among these, oldest first; the logs among them are those of their servers.

    An incremental or differential backup with data of its own is a moment to go back to, as a full one without logs is.
    """
    known = tuple(backups)
    chains = _Chains((manifest for manifest in known if manifest.kind is Kind.LOG), contains)
    fulls = (manifest for manifest in known if manifest.kind is not Kind.LOG and not manifest.names_logs)
    return tuple(chains.stretch(full) for full in sorted(fulls, key=lambda full: full.facts.snapshot))


def windows(found: Iterable[Stretch]) -> tuple[Window, ...]:
    """The stretches as times, oldest first, those that overlap as one. A full without logs is a single moment."""
    merged: list[Window] = []
    for stretch in sorted(found, key=lambda stretch: stretch.begin):
        if merged and stretch.begin <= merged[-1].end:
            merged[-1] = Window(merged[-1].begin, max(merged[-1].end, stretch.end))
        else:
            merged.append(Window(stretch.begin, stretch.end))
    return tuple(merged)


def path(found: Iterable[Stretch], moment: datetime) -> Stretch:
    """The way to a moment: the newest full before it whose logs reach it. Refused, with the moments nearest to it, where there is none."""
    known = tuple(found)
    for stretch in sorted(known, key=lambda stretch: stretch.begin, reverse=True):
        if stretch.begin <= moment <= stretch.end:
            return stretch
    raise Refused(f"{_text(moment)} cannot be reached: {_nearest(known, moment)}")


def _nearest(known: tuple[Stretch, ...], moment: datetime) -> str:
    before = max((stretch for stretch in known if stretch.end < moment), key=lambda stretch: stretch.end, default=None)
    after = min((stretch.begin for stretch in known if stretch.begin > moment), default=None)
    words = [f"the last moment before it is {_text(before.end)}{f' ({before.ended})' if before.ended else ''}"] if before else []
    words += [f"the first after it is {_text(after)}"] if after else []
    return ", ".join(words) or "there is no full backup"


class _Chains:
    """The logs of all servers by name, and who follows whom."""

    def __init__(self, bundles: Iterable[Manifest], contains: Contains) -> None:
        self._contains = contains
        self._pieces: dict[tuple[str, str], list[Piece]] = {}
        self._idle: dict[str, list[Manifest]] = {}
        for bundle in sorted(bundles, key=lambda bundle: (bundle.facts.snapshot, bundle.id)):
            for piece in _pieces(bundle):
                self._pieces.setdefault((bundle.facts.identity, _place(piece.log.name)), []).append(piece)
            if not bundle.facts.logs:
                self._idle.setdefault(bundle.facts.identity, []).append(bundle)

    def stretch(self, full: Manifest) -> Stretch:
        """How far the logs lead from a full backup."""
        position = full.facts.position
        if position is None:
            return Stretch(full, (), full.facts.snapshot, OFF)
        pieces, ended = self._walk(full, position)
        end = max(full.facts.snapshot, pieces[-1].until if pieces else full.facts.snapshot)
        here = _end(pieces[-1].log) if pieces else position
        quiet = (bundle.facts.snapshot for bundle in self._idle.get(full.facts.identity, ()) if self._stands(bundle, here))
        return Stretch(full, pieces, max((end, *quiet)), ended)

    def _walk(self, full: Manifest, position: Position) -> tuple[tuple[Piece, ...], str]:
        """The pieces from the full's position on, and why they end."""
        found: list[Piece] = []
        piece, ended = self._first(full, position)
        while piece is not None:
            if piece.log.fault:
                return tuple(found), f"{piece.log.name}: {piece.log.fault}"
            found.append(piece)
            piece, ended = self._next(full, piece)
        return tuple(found), ended

    def _first(self, full: Manifest, position: Position) -> tuple[Piece | None, str]:
        """The log in which the full's position lies."""
        here = self._pieces.get((full.facts.identity, _place(position.file)), [])
        fitting = [piece for piece in here if self._holds(piece.log, position) and piece.log.began <= full.facts.snapshot]
        if fitting:
            return max(fitting, key=lambda piece: (piece.log.began, piece.until)), ""
        return None, self._missing(full, f"{position.file}, in which it stands, is missing", full.facts.snapshot)

    def _next(self, full: Manifest, piece: Piece) -> tuple[Piece | None, str]:
        """The log that follows one."""
        here = self._pieces.get((full.facts.identity, _following(piece.log.name)), [])
        fitting = [after for after in here if _joined(piece.log, after)]
        if fitting:
            began = min(after.log.began for after in fitting)
            return max((after for after in fitting if after.log.began == began), key=lambda after: after.until), ""
        words = f"what follows {piece.log.name} is missing"
        return None, self._missing(full, words, piece.until)

    def _missing(self, full: Manifest, words: str, since: datetime) -> str:
        """What to say where a log is not there: nothing, unless there are later ones of the server."""
        pieces = (piece for (whose, _), held in self._pieces.items() if whose == full.facts.identity for piece in held)
        later = [piece for piece in pieces if piece.until > since]
        first = min(later, key=lambda piece: (piece.bundle.facts.snapshot, piece.log.began), default=None)
        return (first.gap or words) if first else ""

    def _holds(self, log: Log, position: Position) -> bool:
        fits = log.plain.bytes >= position.offset
        return fits and self._contains(position.gtid, log.before) and self._contains(log.after, position.gtid)

    def _stands(self, idle: Manifest, here: Position) -> bool:
        """Whether the server had nothing new when it was asked: it stood at this very GTID, in the file that this position leads to."""
        there = idle.facts.position
        if there is None or not there.gtid or _place(there.file) not in (_place(here.file), _following(here.file)):
            return False
        return self._contains(there.gtid, here.gtid) and self._contains(here.gtid, there.gtid)


def _pieces(bundle: Manifest) -> Iterator[Piece]:
    logs = bundle.facts.logs
    for turn, (log, after) in enumerate(zip_longest(logs, logs[1:])):
        until = max(log.ended, after.began if after else bundle.facts.snapshot)
        yield Piece(log, bundle, until, "" if turn else bundle.facts.gap)


def _joined(log: Log, after: Piece) -> bool:
    """Whether nothing was lost between two logs with successive numbers.

    Where one ended in a crash, or something was missing when the other was shipped, only GTIDs are believed.
    """
    proven = log.closed and not after.gap
    return log.after == after.log.before and after.log.began >= log.began and (proven or bool(log.after))


def _end(log: Log) -> Position:
    return Position(log.name, log.plain.bytes, log.after)


def _place(name: str) -> str:
    """The name without the zeros before its number, so that 999999 is followed by 1000000."""
    stem, _, digits = name.rpartition(".")
    return f"{stem}.{int(digits) if digits.isdecimal() else digits}"


def _following(name: str) -> str:
    stem, _, digits = name.rpartition(".")
    return f"{stem}.{int(digits) + 1 if digits.isdecimal() else f'{digits}?'}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
