"""From a full backup on a scratch server to a moment after it, proven. Floor: tools."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from workers.artifact import Position
from workers.errors import Permanent, Refused
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.logs.gtid import Gtids, parse
from workers.sources.mysql.place import SYSTEM
from workers.sources.mysql.replay import relaying, waking
from workers.sources.mysql.replay.chain import Chain
from workers.sources.mysql.replay.cutting import Cut, Place, cut
from workers.sources.mysql.replay.moments import Stop
from workers.sources.mysql.replay.path import Proven
from workers.sources.mysql.replay.statements import Target
from workers.sources.mysql.scratch.options import RELAY
from workers.sources.mysql.scratch.server import Scratch
from workers.sources.mysql.session import Session, rows, value
from workers.sources.mysql.tools import Flavour

Seen: TypeAlias = Callable[[int], None]

_FOREIGN_KEYS = (
    "SELECT constraint_name, table_name FROM information_schema.referential_constraints"
    " WHERE constraint_schema = %s AND unique_constraint_schema <> constraint_schema"
)


def _unseen(_: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was done: transactions applied, those of other databases left out, and the moment that was reached.

    `gtid` of the position is the set of everything that was executed or left out (MySQL), or the last transaction of each domain that was
    applied (MariaDB).
    """

    transactions: int
    left_out: int
    reached: Position


def replay_to(scratch: Scratch, path: Proven, seen: Seen = _unseen) -> Replayed:
    """Bring the database on the scratch server, as the full backup holds it, to the moment of a path. `seen` hears of bytes applied.

    Permanent where a log cannot be applied to its end, or what was reached is not the moment: then the scratch server proves nothing.
    """
    chain, stop, target = path.chain, path.stop, path.target
    with told(Moment(scratch.server.options, "preparing a replay", running=True)), closing(scratch.server.connect()) as session:
        _refuse_ties(session, target)
        wanted = cut(chain, stop.position, target, Place(scratch.home / RELAY, relaying.DIALECTS[scratch.server.flavour].stem))
        _arrived(wanted, stop)
        made, events = _make_others(session, wanted.others), waking.states(session, target.database)
    reached = _applied(scratch, wanted, chain, seen) if wanted.transactions else ""
    with told(Moment(scratch.server.options, "ending a replay", running=True)), closing(scratch.server.connect()) as session:
        for name in made:
            rows(session, f"DROP DATABASE {quoted(name)}")
        waking.wake(session, target.database, waking.after(events, wanted.definitions))
    for log in wanted.files:
        log.unlink(missing_ok=True)
    return Replayed(wanted.transactions, wanted.left_out, Position(wanted.end.file, wanted.end.offset, reached))


def _applied(scratch: Scratch, wanted: Cut, chain: Chain, seen: Seen) -> str:
    """Apply the logs, and prove the end by the server's own GTIDs. Where there are none, the applier's position was the proof."""
    before = parse(chain.begin.gtid).union(parse(wanted.passed))
    relaying.apply(scratch, wanted, str(before), seen)
    with closing(scratch.server.connect()) as session:
        if scratch.server.flavour is Flavour.MARIADB:
            return _equal_domains(session, wanted.kept)
        return _equal(session, before.union(parse(wanted.kept)))


def _equal(session: Session, expected: Gtids) -> str:
    """What was executed on MySQL. Permanent, naming what is missing and what is too much, where it is not what was expected."""
    found = str(value(session, "SELECT @@GLOBAL.gtid_executed")).replace("\n", "")
    reached = parse(found)
    if reached != expected:
        missing, more = str(expected.minus(reached)), str(reached.minus(expected))
        raise Permanent(
            f"the replay reached {found}, which is not the moment: missing {missing or 'nothing'}, too much {more or 'nothing'}"
        )
    return found


def _equal_domains(session: Session, expected: str) -> str:
    """The last transaction of each domain on MariaDB. Permanent where they are not those of the logs."""
    found = str(value(session, "SELECT @@GLOBAL.gtid_slave_pos"))
    if set(found.split(",")) != set(expected.split(",")):
        raise Permanent(f"the replay reached {found or 'nothing'}, which is not the moment: {expected}")
    return found


def _arrived(wanted: Cut, stop: Stop) -> None:
    """The cut ends exactly where the moment was found."""
    if (wanted.end.file, wanted.end.offset) != (stop.position.file, stop.position.offset):
        raise Permanent(
            f"the logs were read up to {wanted.end.file} at {wanted.end.offset},"
            f" but the moment is {stop.position.file} at {stop.position.offset}"
        )


def _refuse_ties(session: Session, target: Target) -> None:
    """Refuse foreign keys into other databases: what a deletion there does here is in no log."""
    if tied := rows(session, _FOREIGN_KEYS, (target.database,)):
        name, table = tied[0]
        raise Refused(
            f"foreign key {name} of {target.database}.{table} points into another database: what is deleted there disappears here, and no"
            " log says so; restore a whole backup instead of a moment"
        )


def _make_others(session: Session, names: tuple[str, ...]) -> tuple[str, ...]:
    """Empty databases for statements that only name them as their default one. System databases are there."""
    known = {str(name).casefold() for (name,) in rows(session, "SELECT schema_name FROM information_schema.schemata")}
    made = tuple(name for name in names if name.casefold() not in known | SYSTEM)
    for name in made:
        rows(session, f"CREATE DATABASE IF NOT EXISTS {quoted(name)}")
    return made
