"""The way back: database and tables, then data, then everything that must not be there while data are loaded. Floor: tools."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from workers.artifact import Order, Outcome, Role, Segment
from workers.errors import Corrupt, Failure, Refused
from workers.ports import Place
from workers.sources.mysql import arriving, chosen, definers, exchange, keys, later, proof
from workers.sources.mysql import load as loads
from workers.sources.mysql import place as places
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.making import literally, make
from workers.sources.mysql.privileges import require, restoring
from workers.sources.mysql.renaming import renamed
from workers.sources.mysql.reserved import is_reserved
from workers.sources.mysql.script import Definition, Thing, read
from workers.sources.mysql.session import Server, rows

DEFINERS = "definers"
_FLOAT = re.compile(r"^\s+`(?:[^`]|``)+` float\b", re.MULTILINE)  # as both flavours print it


def place(server: Server, into: str) -> Place:
    """What stands in the database `into` now. Refused for a name that is kept for trials."""
    if is_reserved(into):
        raise Refused(places.kept(into))
    return places.place(server, into)


def prepare(server: Server, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
    """Make the database and its tables. Refused, before anything is changed, where the place or the server does not fit.

    All definitions are read before a confirmed database is dropped. What fails later leaves no new database behind.
    """
    places.fits(server, order)
    _may(server, order)
    definitions = chosen.schema(_renamed(schema, order), order)
    if not definitions:
        raise Corrupt(f"backup {order.backup} holds no definitions")
    new = places.make(server, order)
    try:
        _make_tables(server, order, keys.bare(definitions, order))
    except Failure:
        if new:
            with suppress(Failure):  # the first reason is told
                places.drop(server, places.work(order))
        raise


def _may(server: Server, order: Order) -> None:
    """Permanent, with the GRANTs, where the account may not make what is restored; nothing was changed yet."""
    names = dict.fromkeys((places.work(order), order.into))
    with told(Moment(server.options, "reading privileges")), closing(server.connect()) as session:
        require(server, session, tuple(need for name in names for need in restoring(server, name)), f"a restore into {order.into}")


def load(server: Server, order: Order, segment: Segment, plain: Path) -> None:
    """Load one data segment; several at once are fine, and the same again changes nothing."""
    loads.data(server, order, segment, plain)


def finish(server: Server, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
    """Corrections and keys; then tables are compared and rows counted; then routines, views, triggers, events. May be called again.

    `rest` begins with the schema. Accounts are the server's, not this database's: they are made where the order says so.
    Tables that replace live ones go over into their database when all of them are proven.
    """
    counts = exchange.noted(server, order) if places.is_beside(order) else None
    found = _later(server, order, rest, correct=counts is None)
    warnings = chosen.left_out(found.tables, order)
    if counts is None:  # else a process was lost after all this was done
        tables = [definition for definition in chosen.schema(found.tables, order) if definition.kind is Thing.TABLE]
        keys.build(server, order, tables)
        warnings += proof.definitions(server, order, tables)
        counts = proof.counts(server, places.work(order), tables)
        if places.is_beside(order):
            exchange.note(server, order, counts)
    after = definers.mapped(chosen.later(found.after, order), order)
    if order.accounts:
        only = {name for each in after if (name := definers.definer(each))} if order.accounts == DEFINERS else None
        warnings += arriving.arrive(server, found.accounts, only)
    if places.is_beside(order):
        exchange.exchange(server, order)
        after, lost = exchange.triggers(server, order, after)
        warnings += lost
    warnings += proof.orphans(server, order.into, order.objects) + later.make(server, order, after)
    _end(server, order)
    return Outcome(counts, warnings)


@dataclass(slots=True)
class _Found:
    """The definitions of a backup, for the place of the order: those made before the rows, those made after them, and accounts."""

    tables: list[Definition] = field(default_factory=list)
    after: list[Definition] = field(default_factory=list)
    accounts: list[Definition] = field(default_factory=list)


def _later(server: Server, order: Order, rest: Iterable[tuple[Segment, Path]], *, correct: bool) -> _Found:
    """Load the corrections, building meanwhile the keys of tables that have none; and read everything else."""
    found, begun = _Found(), False
    if correct:
        later.clear(server, places.work(order))
    with ExitStack() as building:
        for segment, plain in rest:
            if segment.role is Role.SCHEMA:
                found.tables += _renamed([(segment, plain)], order)
            elif segment.role is Role.CORRECTION and correct:
                if not begun:
                    building.enter_context(keys.building(server, order, _uncorrected(found.tables, order)))
                    begun = True
                loads.corrections(server, order, segment, plain)
            elif segment.role is Role.POST_DATA:
                found.after += _definitions([(segment, plain)])
            elif segment.role is Role.ACCOUNTS and order.accounts:
                found.accounts += _definitions([(segment, plain)])
    return found


def _uncorrected(tables: Sequence[Definition], order: Order) -> list[Definition]:
    return [found for found in chosen.schema(tables, order) if found.kind is Thing.TABLE and not _FLOAT.search(found.sql)]


def _end(server: Server, order: Order) -> None:
    if places.is_beside(order):
        exchange.clean(server, order)
        return
    with places.inside(server, order.into, "ending the restore of") as session:
        rows(session, f"DROP TABLE IF EXISTS {quoted(places.LOADED)}")


def _make_tables(server: Server, order: Order, definitions: Iterable[Definition]) -> None:
    with places.inside(server, places.work(order), "making tables in", running=True) as session:
        literally(session)
        rows(session, f"CREATE TABLE {quoted(places.LOADED)} (number INT UNSIGNED PRIMARY KEY) ENGINE=InnoDB")
        for definition in definitions:
            make(session, definition)


def _renamed(schema: Iterable[tuple[Segment, Path]], order: Order) -> list[Definition]:
    return [fresh for found in _definitions(schema) if (fresh := renamed(found, order))]


def _definitions(segments: Iterable[tuple[Segment, Path]]) -> Iterator[Definition]:
    for _, plain in segments:
        with plain.open("rb") as file:
            yield from read(file)
