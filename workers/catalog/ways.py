"""The way to a moment: from which full backup, over which logs, as far as manifests tell. Floor: tools. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from workers.artifact import Position, Until
from workers.catalog import recovery
from workers.catalog.manifest import Manifest
from workers.catalog.recovery import Contains, Piece, Stretch
from workers.errors import Corrupt, Refused


@dataclass(frozen=True, slots=True)
class Way:
    """A stretch, the logs of it that are needed, and the moment. Without logs the moment is the full backup's own."""

    stretch: Stretch
    pieces: tuple[Piece, ...]
    until: Until

    @property
    def full(self) -> Manifest:
        """Where it begins."""
        return self.stretch.full

    @property
    def bundles(self) -> tuple[Manifest, ...]:
        """The backups that hold its logs, in order, each once."""
        return tuple({piece.bundle.id: piece.bundle for piece in self.pieces}.values())


def to_time(found: Iterable[Stretch], moment: datetime) -> Way:
    """The way to a time. Refused, with the moments nearest to it, where there is none."""
    stretch = recovery.path(found, moment)
    until = Until(time=moment)
    pieces = _through(stretch.pieces, lambda piece: piece.until >= moment)
    if stretch.pieces and stretch.pieces[-1].until < moment:  # nothing was committed since: its server stood at the end of the last log
        until = Until(position=stretch.position)
    return Way(stretch, pieces, until)


def to_transaction(found: Iterable[Stretch], until: Until, contains: Contains) -> Way:
    """The way to a GTID, or to just before one: the newest full that does not hold it, with logs that do. Refused where there is none."""
    gtid = str(until.gtid or until.before)
    for stretch in _newest_first(found):
        if _has(contains, stretch.full.facts.position, gtid):
            continue
        pieces = _through(stretch.pieces, lambda piece: _holds(contains, piece.log.after, gtid))
        if pieces and _holds(contains, pieces[-1].log.after, gtid):
            return Way(stretch, pieces, until)
    raise Refused(f"{gtid} is in no log that leads on from a full backup that does not hold it already; {_known(found)}")


def to_position(found: Iterable[Stretch], position: Position) -> Way:
    """The way to a position: the newest full before it. Refused where no log has it."""
    for stretch in _newest_first(found):
        begin = stretch.full.facts.position
        names = [piece.log.name for piece in stretch.pieces]
        if begin is None or position.file not in names or (position.file == begin.file and position.offset < begin.offset):
            continue
        pieces = stretch.pieces[: names.index(position.file) + 1]
        if position.offset <= pieces[-1].log.plain.bytes:
            return Way(stretch, pieces, Until(position=position))
    raise Refused(f"{position.file} at {position.offset} is in no log that leads on from a full backup before it; {_known(found)}")


def to_backup(found: Iterable[Stretch], full: str, named: Manifest) -> Way:
    """The way to the moment of a backup that only names logs, from the full that it goes back to. Refused where a log of it is gone."""
    position = named.facts.position
    for stretch in found:
        if stretch.full.id == full and position is not None:
            if position == stretch.full.facts.position:
                return Way(stretch, (), Until(position=position))
            return to_position([stretch], position)
    raise Refused(f"{named.id} goes back to {full or 'a full backup'}, which is not there any more")


def _through(pieces: tuple[Piece, ...], is_last: Callable[[Piece], bool]) -> tuple[Piece, ...]:
    """The pieces up to and with the first that is the last one needed."""
    before = tuple(takewhile(lambda piece: not is_last(piece), pieces))
    return pieces[: len(before) + 1]


def _newest_first(found: Iterable[Stretch]) -> list[Stretch]:
    return sorted(found, key=lambda stretch: stretch.begin, reverse=True)


def _has(contains: Contains, position: Position | None, gtid: str) -> bool:
    return position is None or _holds(contains, position.gtid, gtid)


def _holds(contains: Contains, executed: str, gtid: str) -> bool:
    try:
        return bool(executed) and contains(executed, gtid)
    except Corrupt as error:
        raise Refused(f"{gtid!r} is no GTID: {error.reason}") from error


def _known(found: Iterable[Stretch]) -> str:
    """From where to where there are logs."""
    pieces = [piece for stretch in _newest_first(found)[-1:] for piece in stretch.pieces]
    ends = [stretch.position for stretch in found if stretch.position]
    if not pieces or not ends:
        return "there are no logs after a full backup"
    last = max(ends, key=lambda end: (end.file, end.offset))
    gtid = f", {last.gtid}" if last.gtid else ""
    return f"the logs go from {pieces[0].log.name} to {last.file} at {last.offset}{gtid}"
