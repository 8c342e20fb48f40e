"""The transactions of a log, in the order in which they were committed. Floor: tools.

A transaction is everything from its GTID event on (each has one on both flavours, an anonymous one where GTIDs are off) up to the
event that commits it. Nothing smaller is ever replayed or left out.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from workers.errors import Corrupt, Permanent
from workers.sources.mysql.replay import decoding
from workers.sources.mysql.replay.events import BEGINNINGS, BETWEEN, Event, Kind, Log, events

_ENDS = frozenset({Kind.XID, Kind.XA_PREPARE, Kind.PAYLOAD})
_QUERIES = frozenset({Kind.QUERY, Kind.QUERY_COMPRESSED})
_SAID = (b"COMMIT", b"ROLLBACK", b"XA COMMIT", b"XA ROLLBACK")


class Transaction(NamedTuple):
    """One transaction: its events, the first of which names it."""

    log: Log
    events: tuple[Event, ...]

    @property
    def start(self) -> int:
        """Where it begins in its file."""
        return self.events[0].start

    @property
    def end(self) -> int:
        """Where it ends in its file."""
        return self.events[-1].end

    @property
    def gtid(self) -> str:
        """Its name; "" where GTIDs are off."""
        return decoding.gtid(self.log, self.events[0])

    @property
    def committed(self) -> datetime:
        """The last instant at which it can have been committed."""
        if self.events[0].kind == Kind.MARIADB_GTID:
            return decoding.moment(self.events[-1])
        return decoding.committed(self.log, self.events[0])


def transactions(log: Log, start: int, stop: int | None = None) -> Iterator[Transaction]:
    """The transactions from an offset on, up to another or to the end. Corrupt where either is inside of one.

    One is given as soon as its commit is read, where that is an event of its own: what lies behind it may be damaged.
    """
    held: list[Event] = []
    for event in events(log, start, stop):
        if event.kind in BEGINNINGS or event.kind in BETWEEN:
            if held:
                yield Transaction(log, tuple(held))
            held = [event] if event.kind in BEGINNINGS else []
        elif held:
            held.append(event)
            if event.kind in _ENDS:
                yield Transaction(log, tuple(held))
                held = []
        else:
            _misplaced(log, event)
    if held:
        if not _is_whole(log, held):
            raise Corrupt(f"{log.name} ends in the middle of a transaction that begins at {held[0].start}")
        yield Transaction(log, tuple(held))


def _misplaced(log: Log, event: Event) -> None:
    if event.kind == Kind.INCIDENT:
        raise Permanent(
            f"{log.name} says at {event.start} that its server lost events: nothing after that can be replayed; a new full is needed"
        )
    raise Corrupt(f"{log.name} has no transaction that begins at {event.start}: the position is inside of one")


def _is_whole(log: Log, held: list[Event]) -> bool:
    last = held[-1]
    if last.kind in _QUERIES:
        return len(held) == 2 or decoding.query(log, last).sql.upper().startswith(_SAID)
    return last.kind in _ENDS
