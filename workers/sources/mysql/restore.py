"""The way back: database and tables, then data, then everything that must not be there while data are loaded. Floor: tools.

Secondary indexes are there from the start: rebuilding them after the load was not clearly faster (200 MB, two clients: 17–21 s
against 20–28 s on MySQL, 17–23 s against 15–17 s on MariaDB), and what is never taken away cannot be missing.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pymysql

from workers.artifact import Order, Outcome, Role, Segment
from workers.errors import Corrupt, Failure
from workers.ports import Place
from workers.sources.mysql import client, later, proof
from workers.sources.mysql import place as places
from workers.sources.mysql.faults import NO_PRIVILEGE, number, quoted
from workers.sources.mysql.renaming import renamed
from workers.sources.mysql.script import Definition, Thing, preamble, read
from workers.sources.mysql.session import Server, Session, rows

# With these a definition means what it says: no key is added, nothing is refused that was allowed, no TIMESTAMP gets a default.
_LITERAL = {
    "innodb_strict_mode": "OFF",
    "explicit_defaults_for_timestamp": "ON",
    "sql_require_primary_key": "OFF",
    "sql_generate_invisible_primary_key": "OFF",
}


def place(server: Server, into: str) -> Place:
    """What stands in the database `into` now."""
    return places.place(server, into)


def prepare(server: Server, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
    """Make the database and its tables. Refused, before anything is changed, where the place or the server does not fit.

    All definitions are read before a confirmed database is dropped. What fails later leaves no new database behind.
    """
    places.fits(server, order)
    definitions = [fresh for found in _definitions(schema) if (fresh := renamed(found, order))]
    if not definitions:
        raise Corrupt(f"backup {order.backup} holds no definitions")
    new = places.make(server, order)
    try:
        _make_tables(server, order, definitions)
    except Failure:
        if new:
            with suppress(Failure):  # the first reason is told
                places.drop(server, order.into)
        raise


def load(server: Server, order: Order, segment: Segment, plain: Path) -> None:
    """Load one data segment; several at once are fine, and the same again changes nothing."""
    client.load(server, order.into, segment, plain)


def finish(server: Server, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
    """Corrections; then tables are compared and rows counted; then routines, views, triggers, events. May be called again.

    `rest` begins with the schema. Segments of accounts are passed over: they are the server's, not this database's.
    """
    tables: list[Definition] = []
    after: list[Definition] = []
    later.clear(server, order.into)
    for segment, plain in rest:
        if segment.role is Role.SCHEMA:
            found = _definitions([(segment, plain)])
            tables += [fresh for table in found if table.kind is Thing.TABLE and (fresh := renamed(table, order))]
        elif segment.role is Role.CORRECTION:
            client.correct(server, order.into, segment, plain)
        elif segment.role is Role.POST_DATA:
            after += _definitions([(segment, plain)])
    warnings = proof.definitions(server, order, tables) + proof.orphans(server, order.into)
    counts = proof.counts(server, order.into, tables)  # before events act
    warnings += later.make(server, order, after)
    with places.inside(server, order.into, "ending the restore of") as session:
        rows(session, f"DROP TABLE IF EXISTS {quoted(places.LOADED)}")
    return Outcome(counts, warnings)


def _make_tables(server: Server, order: Order, definitions: Iterable[Definition]) -> None:
    with places.inside(server, order.into, "making tables in", running=True) as session:
        _literally(session)
        rows(session, f"CREATE TABLE {quoted(places.LOADED)} (number INT UNSIGNED PRIMARY KEY) ENGINE=InnoDB")
        for definition in definitions:
            for statement in (*preamble(definition), definition.sql):
                rows(session, statement)


def _literally(session: Session) -> None:
    names = ", ".join(f"'{name}'" for name in _LITERAL)
    for name, now in rows(session, f"SHOW SESSION VARIABLES WHERE variable_name IN ({names})"):
        if now != _LITERAL[name]:
            try:
                rows(session, f"SET SESSION {name} = {_LITERAL[name]}")
            except pymysql.MySQLError as error:
                if number(error) not in NO_PRIVILEGE:  # without it the server names what it refuses, and the proof what differs
                    raise


def _definitions(segments: Iterable[tuple[Segment, Path]]) -> Iterator[Definition]:
    for _, plain in segments:
        with plain.open("rb") as file:
            yield from read(file)
