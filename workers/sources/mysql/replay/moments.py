"""A moment, in the words of a person, as the exact place in the logs where the replay ends. Floor: tools.

A time is the last transaction that was surely committed at or before it: MySQL logs commits to the microsecond, MariaDB to the second,
so there a transaction of the asked second itself is left out.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workers.artifact import Position, Until
from workers.errors import Refused
from workers.sources.mysql.replay.chain import Chain, walk
from workers.sources.mysql.replay.events import HEADER, Kind, Log, opened
from workers.sources.mysql.replay.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Mark:
    """A transaction by name and time, and where it begins and ends."""

    gtid: str
    committed: datetime
    begin: Position
    end: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a replay ends: a position between two transactions, and the last one before it, where there is any.

    `first_left` is the first one behind it, where there is any and it had to be read.
    """

    position: Position
    last: Mark | None
    first_left: Mark | None


def stop(chain: Chain, until: Until, whole: datetime | None = None) -> Stop:
    """The place that is meant. Refused where the logs do not reach it, naming what they reach.

    `whole`: by what is known of them, the logs hold everything that was committed up to then.
    """
    if sum(asked is not None for asked in (until.time, until.gtid, until.before, until.position)) != 1:
        raise Refused("give exactly one of a time, a GTID, before=<GTID> and a position")
    if until.time is not None:
        return _at(chain, until.time, whole)
    if until.position is not None:
        return _between(chain, until.position)
    return _named(chain, str(until.gtid or until.before).lower(), after=until.gtid is not None)


def mark(transaction: Transaction) -> Mark:
    """What is said of a transaction."""
    return Mark(transaction.gtid, transaction.committed, Position(transaction.log.name, transaction.start), transaction.end)


def reach(chain: Chain) -> datetime:
    """The time up to which the logs tell everything: the beginning of the second in which the last event was written."""
    with opened(chain.files[-1]) as log:
        return _seconds(_closed(log) or log.created)


def _at(chain: Chain, time: datetime, whole: datetime | None) -> Stop:
    moment = time.astimezone(UTC)
    skipped = _skipped(chain, moment)
    last, first_left = _around(chain, moment, skipped)
    if last is None and skipped:  # nothing was committed for a while: look further back
        last, first_left = _around(chain, moment, 0)
    end = max(found for found in (reach(chain), last and last.committed, whole) if found)
    if first_left is None and moment > end:
        tail = (
            f"the last transaction in them is {last.gtid or 'of'} {_text(last.committed)}"
            if last
            else "they hold no transaction after the full"
        )
        raise Refused(f"the logs do not reach {_text(moment)}: they end at {_text(end)}; {tail}")
    return Stop(_begin(chain, last), last, first_left)


def _around(chain: Chain, moment: datetime, skipped: int) -> tuple[Mark | None, Mark | None]:
    """The last transaction before a moment, and the first one behind it."""
    last = None
    for transaction in walk(chain, chain.files[skipped:]):
        found = mark(transaction)
        if found.committed > moment:
            return last, found
        last = found
    return last, None


def _skipped(chain: Chain, moment: datetime) -> int:
    """How many logs need not be read: those before the one that was begun last before the moment, which is told from their first events."""
    begun = []
    for path in chain.files:
        with opened(path) as log:
            begun.append(_seconds(log.created + 1) <= moment)
    return max(begun.index(False) - 2 if False in begun else len(begun) - 2, 0)


def _named(chain: Chain, gtid: str, *, after: bool) -> Stop:
    last = None
    for transaction in walk(chain):
        found = mark(transaction)
        if found.gtid == gtid:
            return Stop(_begin(chain, found), found, None) if after else Stop(_begin(chain, last), last, found)
        last = found
    tail = f"the last transaction in them is {last.gtid}" if last else "they hold no transaction after it"
    raise Refused(f"{gtid} is not in the logs after the full backup ({chain.begin.file} at {chain.begin.offset}): {tail}")


def _between(chain: Chain, position: Position) -> Stop:
    names = [path.name for path in chain.files]
    if position.file not in names:
        raise Refused(f"{position.file} is not among the logs ({names[0]} to {names[-1]})")
    skipped = max(names.index(position.file) - 1, 0)
    last, first_left = _beside(chain, position, skipped)
    if last is None and skipped:
        last, first_left = _beside(chain, position, 0)
    return _exact(chain, position, last, first_left)


def _beside(chain: Chain, position: Position, skipped: int) -> tuple[Mark | None, Mark | None]:
    """The last transaction that begins before a position, and the first one behind it."""
    last = None
    for transaction in walk(chain, chain.files[skipped:]):
        found = mark(transaction)
        if _is_behind(chain, found, position):
            return last, found
        last = found
        if (last.begin.file, last.end) == (position.file, position.offset):
            break  # what lies behind it need not even be readable
    return last, None


def _is_behind(chain: Chain, found: Mark, position: Position) -> bool:
    if found.begin.file == position.file:
        return found.begin.offset >= position.offset
    names = [path.name for path in chain.files]
    return names.index(found.begin.file) > names.index(position.file)


def _exact(chain: Chain, position: Position, last: Mark | None, first_left: Mark | None) -> Stop:
    """Positions between two transactions may lie on events that belong to none; one inside of a transaction is refused."""
    if last and last.begin.file == position.file and last.end > position.offset:
        raise Refused(
            f"{position.file} at {position.offset} is inside of a transaction;"
            f" give {last.begin.offset}, where it begins, or {last.end}, where it ends"
        )
    if position.file == chain.begin.file and position.offset < chain.begin.offset:
        raise Refused(f"{position.file} at {position.offset} is before the full backup ({chain.begin.offset}): restore an older one")
    return Stop(_begin(chain, last), last, first_left)


def _begin(chain: Chain, last: Mark | None) -> Position:
    """The place behind a transaction; behind none, the full backup's own."""
    return Position(last.begin.file, last.end) if last else chain.begin


def _closed(log: Log) -> int:
    """The time of the event that closes a log; 0 where none does."""
    length = HEADER.size + log.tail
    for size in (length, *(length + 8 + name for name in range(3, 250))):
        at = len(log.data) - size
        if at >= log.first:
            stamp, kind, _, found, _, _ = HEADER.unpack_from(log.data, at)
            if found == size and kind == (Kind.STOP if size == length else Kind.ROTATE):
                return int(stamp)
    return 0


def _seconds(stamp: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=stamp)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
