"""What is made after the data: routines, views, triggers, events, each by itself. Floor: tools."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pymysql

from workers.artifact import Order
from workers.errors import Permanent
from workers.sources.mysql.faults import Moment, number, quoted, told
from workers.sources.mysql.place import inside
from workers.sources.mysql.renaming import renamed
from workers.sources.mysql.script import Definition, Thing, preamble
from workers.sources.mysql.session import Server, Session, rows

# What a view reads is not there: another database of the old server, a function that was left out, the definer of another view.
_UNMET = frozenset({1049, 1054, 1146, 1305, 1356, 1449})
# Notes worth telling: no such definer; an event is over, so the server disables it, or drops it at once.
_NO_DEFINER = 1449
_NOTES = frozenset({_NO_DEFINER, 1544, 1588})
_DROPPED = 1588
_TOLD = 10  # refused definitions that are named: mostly they share one cause
_MADE = (
    "SELECT LOWER(routine_type), routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()"
    " UNION ALL SELECT 'view', table_name FROM information_schema.views WHERE table_schema = DATABASE()"
    " UNION ALL SELECT 'trigger', trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    " UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema = DATABASE()"
)


@dataclass(slots=True)
class _Result:
    """What was made, what is to be told, and what must not be missing but is."""

    made: set[tuple[str, str]] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def clear(server: Server, into: str) -> None:
    """Drop triggers and events that an earlier attempt has made: they would act while rows are corrected and counted."""
    with inside(server, into, "clearing") as session:
        for kind, name in rows(session, _MADE):
            if kind in (Thing.TRIGGER, Thing.EVENT):
                rows(session, f"DROP {kind} {quoted(name)}")


def make(server: Server, order: Order, definitions: Iterable[Definition]) -> tuple[str, ...]:
    """Make everything that can be made; returns what was left out, disabled, or may not work, in words.

    Permanent at the end, with the server's words, where some were refused that should have been made.
    """
    result = _Result()
    with inside(server, order.into, "making views and programs in") as session:
        _make_all(server, session, list(_fitting(order, definitions, result)), result)
        there = set(rows(session, _MADE))
        result.faults += [f"{kind} {name}: it is not there afterwards" for kind, name in sorted(result.made - there)]
    if result.faults:
        told_all = " · ".join(result.faults[:_TOLD])
        raise Permanent(f"the rows are in {order.into}, but not all definitions; refused ({len(result.faults)}): {told_all}")
    return tuple(result.warnings)


def _fitting(order: Order, definitions: Iterable[Definition], result: _Result) -> Iterator[Definition]:
    for found in definitions:
        fresh = renamed(found, order)
        if fresh is None:
            result.warnings.append(f"{found.kind} {found.name} left out: it names {order.original}")
        else:
            yield fresh
            if found.kind is Thing.EVENT and order.into != order.original:
                result.warnings.append(f"event {found.name} is disabled")


def _make_all(server: Server, session: Session, definitions: list[Definition], result: _Result) -> None:
    """Make all; a view that was refused is tried again as long as others could be made, for it may read from one of those."""
    refused: list[str] = []
    while definitions:
        unmet: list[Definition] = []
        refused = []
        for found in definitions:
            try:
                with told(Moment(server.options, f"making {found.kind} {found.name}")):
                    _make(session, found, result, _NOTES if server.peopled else _NOTES - {_NO_DEFINER})
            except _Unmet as reason:
                unmet.append(found)
                refused.append(f"view {found.name} left out: {reason}")
            except Permanent as error:
                result.faults.append(error.reason)
        if len(unmet) == len(definitions):
            break
        definitions = unmet
    result.warnings += refused


class _Unmet(Exception):
    """What a view reads is not there; the server's words. Never leaves this module."""


def _make(session: Session, found: Definition, result: _Result, worth: frozenset[int]) -> None:
    for statement in preamble(found):
        rows(session, statement)
    rows(session, f"DROP {found.kind} IF EXISTS {quoted(found.name)}")  # of an earlier attempt: the place was empty
    try:
        rows(session, found.sql)
    except pymysql.MySQLError as error:
        if found.kind is Thing.VIEW and number(error) in _UNMET:
            raise _Unmet(str(error.args[-1])) from error
        raise
    notes = {code: text for _, code, text in rows(session, "SHOW WARNINGS") if code in worth}
    result.warnings += [f"{found.kind} {found.name}: {text}" for text in notes.values()]
    if _DROPPED not in notes:
        result.made.add((str(found.kind), found.name))
