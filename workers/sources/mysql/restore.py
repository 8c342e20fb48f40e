"""The way back: database and tables, then data, then everything that must not be there while data are loaded. Floor: tools."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from workers.artifact import Order, Outcome, Role, Segment
from workers.errors import Corrupt
from workers.ports import Place
from workers.sources.mysql import client, proof
from workers.sources.mysql import place as places
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.script import Definition, Thing, preamble, read
from workers.sources.mysql.session import Server, Session, rows

_DEFINER = re.compile(r"\bDEFINER\s*=\s*`((?:[^`]|``)*)`@`((?:[^`]|``)*)`")
_STATE = re.compile(r"(ON COMPLETION (?:NOT )?PRESERVE) (?:ENABLE|DISABLE ON SLAVE|DISABLE ON REPLICA|DISABLE)\b")


def place(server: Server, into: str) -> Place:
    """What stands in the database `into` now."""
    return places.place(server, into)


def prepare(server: Server, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
    """Make the database and its tables. Refused, before anything is changed, where the place or the server does not fit."""
    places.fits(server, order)
    places.make(server, order)
    with _session(server, order, "making tables") as session:
        for definition in _definitions(schema):
            _run(session, definition)
        rows(session, f"CREATE TABLE {quoted(client.LOADED)} (number INT UNSIGNED PRIMARY KEY) ENGINE=InnoDB")


def load(server: Server, order: Order, segment: Segment, plain: Path) -> None:
    """Load one data segment; several at once are fine, and the same again changes nothing."""
    client.load(server, order.into, segment, plain)


def finish(server: Server, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
    """Corrections, then routines, views, triggers, events; then everything is counted and compared. `rest` begins with the schema."""
    tables: list[Definition] = []
    warnings: list[str] = []
    for segment, plain in rest:
        if segment.role is Role.SCHEMA:
            tables += [found for found in _definitions([(segment, plain)]) if found.kind is Thing.TABLE]
        elif segment.role is Role.CORRECTION:
            client.load(server, order.into, segment, plain)
        else:
            warnings += _later(server, order, _definitions([(segment, plain)]))
    with _session(server, order, "finishing") as session:
        rows(session, f"DROP TABLE IF EXISTS {quoted(client.LOADED)}")
    proof.definitions(server, order.into, tables)
    return Outcome(proof.counts(server, order.into, tables), (*warnings, *proof.orphans(server, order.into)))


def _later(server: Server, order: Order, definitions: Iterable[Definition]) -> Iterator[str]:
    """Make objects after the data; yields what was left out or may not work, in words."""
    renamed = order.into != order.original
    with _session(server, order, "making routines, views, triggers and events") as session:
        for found in definitions:
            if renamed and mentions(found.sql, order.original):
                yield f"{found.kind} {found.name} left out: it names {order.original}"
                continue
            yield from _strangers(session, found)
            _run(session, disabled(found) if renamed else found)
            if renamed and found.kind is Thing.EVENT:
                yield f"event {found.name} is disabled"


def mentions(sql: str, database: str) -> bool:
    """Whether a statement names a database: the name, quoted or not, followed by a dot. Text that only looks so counts, too."""
    plain = rf"(?<![\w$]){re.escape(database)}"
    return re.search(rf"(?:{plain}|{re.escape(quoted(database))})\s*\.", sql, re.IGNORECASE) is not None


def disabled(event: Definition) -> Definition:
    """An event that does not act; any other definition as it is. SHOW CREATE EVENT writes the state right behind ON COMPLETION."""
    if event.kind is not Thing.EVENT:
        return event
    sql, found = _STATE.subn(r"\1 DISABLE", event.sql, count=1)
    if not found:
        raise Corrupt(f"event {event.name} says nowhere whether it is enabled, so it cannot be disabled")
    return Definition(event.kind, event.name, sql, event.settings)


def _strangers(session: Session, found: Definition) -> Iterator[str]:
    """A warning where the definer does not exist here: the object is made, and fails when it is used."""
    definer = _DEFINER.search(found.sql)
    if definer:
        user, host = (part.replace("``", "`") for part in definer.groups())
        if not rows(session, "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s", (user, host)):
            yield f"{found.kind} {found.name}: its definer {user}@{host} does not exist on this server"


def _run(session: Session, definition: Definition) -> None:
    for statement in (*preamble(definition), definition.sql):
        rows(session, statement)


def _definitions(segments: Iterable[tuple[Segment, Path]]) -> Iterator[Definition]:
    for _, plain in segments:
        with plain.open("rb") as file:
            yield from read(file)


@contextmanager
def _session(server: Server, order: Order, doing: str) -> Iterator[Session]:
    """A session in the restored database; its errors are told with what was being done."""
    with told(Moment(server.options, f"{doing} in {order.into}", running=True)), closing(server.connect(order.into)) as session:
        yield session
