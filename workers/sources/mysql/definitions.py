"""Every definition of a database, as the server writes it itself, and their fingerprint. Floor: tools."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from workers.errors import Permanent
from workers.sources.mysql.faults import UNKNOWN_DATABASE, number, quoted, unquoted
from workers.sources.mysql.script import Definition, Thing
from workers.sources.mysql.session import Server, Session, rows, value

_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_BROKEN_VIEW = 1356  # what it reads is gone
_NO_DEFINER = 1449  # whoever it acts for is gone
_LITERAL = r"'(?:[^'\\]|\\.|'')*'"
_UTF8 = frozenset({"utf8", "utf8mb3", "utf8mb4"})
_TABLES = ("BASE TABLE", "SYSTEM VERSIONED")
SNAPSHOT = "InnoDB"  # the engine whose rows can be read as of one moment
_LOCKED = frozenset({"MyISAM", "Aria", "MEMORY", "CSV", "ARCHIVE"})  # those that hold all their rows themselves and heed LOCK TABLES
# Under SET NAMES binary MariaDB takes their text for their bytes and stores a zero or NULL instead, without an error (measured on 10.11).
_TEXT_ONLY = (
    "SELECT DISTINCT table_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND LOWER(data_type) IN ('uuid', 'inet4', 'inet6')"
)
_FROM = re.compile(r"(?:from|join)[ (]+(?:`(?:[^`]|``)+`\.)?`((?:[^`]|``)+)`", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as information_schema tells it; `rows` and `bytes` are estimates, `made` tells a table from another of its name.

    `text`: it has columns whose values are read from text only, so that it cannot be loaded under the binary character set.
    """

    name: str
    engine: str
    versioned: bool
    rows: int
    bytes: int
    made: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions of one database. `schema` is loaded before the data, `later` after them; warnings name what is not carried."""

    tables: tuple[Table, ...]
    schema: tuple[Definition, ...]
    later: tuple[Definition, ...]
    warnings: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all definitions. AUTO_INCREMENT and the values of sequences are left out: rows move them."""
        return hashlib.sha256("\0".join(text for _, text in sorted(self._settled())).encode()).hexdigest()

    def changed(self, other: "Definitions") -> tuple[str, ...]:
        """The objects whose definition differs, is new or gone, or that were made anew, as `table posts`."""
        mine, theirs = dict(self._settled()), dict(other._settled())
        odd = {name[1] for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}
        made, anew = self._made(), other._made()
        return tuple(sorted(odd | {name for name in made.keys() & anew.keys() if made[name] != anew[name]}))

    def _made(self) -> dict[str, str]:
        """When tables were made, as far as the server says: MariaDB now and then answers NULL for one that is there (measured)."""
        return {f"{Thing.TABLE} {table.name}": table.made for table in self.tables if table.engine == SNAPSHOT and table.made}

    def _settled(self) -> list[tuple[tuple[str, str], str]]:
        found = [d for d in (*self.schema, *self.later) if not (d.kind is Thing.SEQUENCE and d.sql.startswith("DO "))]
        return [(("", f"{d.kind} {d.name}"), _COUNTER.sub("", d.sql) if d.kind is Thing.TABLE else f"{d.sql} {d.settings}") for d in found]


def read_definitions(server: Server, session: Session) -> Definitions:
    """Read everything; `session` MUST have the database selected, for only then do views name no database.

    Raises Permanent for what a dump cannot carry: engines without a snapshot, bodies that the account may not see.
    """
    tables = read_tables(server, session)
    if odd := refused(server, tables):
        raise Permanent(f"no consistent dump is possible of {', '.join(odd)}: {remedy(server)}")
    views, warnings = _views(session)
    warnings += [f"table {table.name}: its history (system versioning) is not carried" for table in tables if table.versioned]
    schema = [_database(session), *_sequences(session), *(_table(session, table.name) for table in tables)]
    routines = [*_routines(session, Thing.FUNCTION), *_routines(session, Thing.PROCEDURE)]
    later = [*routines, *views, *_triggers(session), *_events(session)]
    return Definitions(tuple(tables), tuple(schema), tuple(later), tuple(warnings))


def read_tables(server: Server, session: Session) -> list[Table]:
    """The tables of the database, biggest first; small ones by name, for the server's estimates of them move by themselves."""
    if not rows(session, "SELECT 1 FROM information_schema.schemata WHERE schema_name = DATABASE()"):
        raise Permanent(f"database {server.options.database!r} does not exist on {server.options.address}; check `databases`")
    found = rows(
        session,
        "SELECT table_name, COALESCE(engine, ''), table_type, COALESCE(table_rows, 0), COALESCE(data_length, 0), COALESCE(create_time, '')"
        " FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type IN %s"
        " ORDER BY COALESCE(data_length, 0) DIV 1048576 DESC, 1",
        (_TABLES,),
    )
    text = {name for (name,) in rows(session, _TEXT_ONLY)}
    return [
        Table(name, engine, kind != _TABLES[0], int(count), int(size), str(made), name in text)
        for name, engine, kind, count, size, made in found
    ]


def refused(server: Server, tables: Iterable[Table]) -> list[str]:
    """The tables that cannot be read consistently, or may not be locked for it, with their engines."""
    fine = {SNAPSHOT, *(_LOCKED if server.options.other_engines == "lock" else ())}
    return sorted(f"{table.name} ({table.engine or 'damaged'})" for table in tables if table.engine not in fine)


def remedy(server: Server) -> str:
    """What would work for them."""
    lock = "" if server.options.other_engines == "lock" else 'other_engines = "lock" reads them while nobody writes to them; or '
    return f"{lock}convert them (ALTER TABLE … ENGINE=InnoDB), or keep them in another database"


def _database(session: Session) -> Definition:
    [(name, charset, collation)] = rows(session, "SELECT DATABASE(), @@character_set_database, @@collation_database")
    return Definition(Thing.DATABASE, name, f"ALTER DATABASE CHARACTER SET = {charset} COLLATE = {collation}")


def _table(session: Session, name: str) -> Definition:
    return Definition(Thing.TABLE, name, str(rows(session, f"SHOW CREATE TABLE {quoted(name)}")[0][1]))


def _sequences(session: Session) -> list[Definition]:
    found = rows(
        session, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'SEQUENCE' ORDER BY 1"
    )
    made: list[Definition] = []
    for (name,) in found:
        made.append(Definition(Thing.SEQUENCE, name, str(rows(session, f"SHOW CREATE SEQUENCE {quoted(name)}")[0][1])))
        [(following, rounds)] = rows(session, f"SELECT next_not_cached_value, cycle_count FROM {quoted(name)}")
        made.append(Definition(Thing.SEQUENCE, name, f"DO SETVAL({quoted(name)}, {following}, 0, {rounds})"))
    return made


def _routines(session: Session, kind: Thing) -> list[Definition]:
    found = rows(
        session,
        "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = %s ORDER BY 1",
        (kind.upper(),),
    )
    return [_programme(session, kind, name) for (name,) in found]


def _triggers(session: Session) -> list[Definition]:
    found = rows(
        session,
        # In the order in which they act: the statements do not tell it, the order of their creation does.
        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
        " ORDER BY event_object_table, event_manipulation, action_timing, action_order",
    )
    return [_programme(session, Thing.TRIGGER, name) for (name,) in found]


def _events(session: Session) -> list[Definition]:
    found = rows(session, "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1")
    return [_programme(session, Thing.EVENT, name) for (name,) in found]


def _programme(session: Session, kind: Thing, name: str) -> Definition:
    fields = _show(session, kind, name)
    body = fields["SQL Original Statement" if kind is Thing.TRIGGER else f"Create {kind.title()}"]
    if body is None:
        raise Permanent(
            f"the body of {kind} {name} is hidden from this account; grant SHOW_ROUTINE on *.* (MySQL) or SELECT on *.* (MariaDB) to it"
        )
    settings = [("sql_mode", str(fields["sql_mode"])), *_charsets(fields)]
    if kind is Thing.EVENT:
        settings.append(("time_zone", str(fields["time_zone"])))
    return Definition(kind, name, _text(kind, name, body), tuple(settings))


def _views(session: Session) -> tuple[list[Definition], list[str]]:
    found, warnings = [], []
    for (name,) in rows(session, "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1"):
        try:
            fields = _show(session, Thing.VIEW, name)
            notes = {code: text for _, code, text in rows(session, "SHOW WARNINGS")}
        except pymysql.MySQLError as error:
            if number(error) not in {_BROKEN_VIEW, _NO_DEFINER, *UNKNOWN_DATABASE}:  # MySQL names a database that is gone by itself
                raise
            notes = {_BROKEN_VIEW: str(error.args[-1])}
        if _BROKEN_VIEW in notes:
            warnings.append(f"view {name} is broken on the server and not carried: {notes[_BROKEN_VIEW]}")
            continue
        text = _text(Thing.VIEW, name, fields["Create View"])
        if _NO_DEFINER in notes:
            warnings.append(f"view {name} is carried, but cannot be used until the account is made that it acts for: {notes[_NO_DEFINER]}")
            text = _unqualified(text, str(value(session, "SELECT DATABASE()")))
        found.append(Definition(Thing.VIEW, name, text, tuple(_charsets(fields))))
    return by_dependency(found), warnings


def _unqualified(text: str, database: str) -> str:
    """A view without the name of its own database, which MariaDB puts before columns where the definer is gone."""
    return re.sub(rf"({_LITERAL})|{re.escape(quoted(database))}\.(?=`)", lambda found: found[1] or "", text)


def by_dependency(views: Sequence[Definition]) -> list[Definition]:
    """Views after the views they read from, as the FROM and JOIN of their definitions name them."""
    left = {view.name: {unquoted(name) for name in _FROM.findall(view.sql)} - {view.name} for view in views}
    ordered: list[str] = []
    while left:
        # A name that is both a view and an alias may look like a circle: then the order of names decides.
        ready = [name for name, reads in left.items() if not reads & left.keys()] or [next(iter(left))]
        ordered += ready
        left = {name: reads for name, reads in left.items() if name not in ready}
    by_name = {view.name: view for view in views}
    return [by_name[name] for name in ordered]


def _show(session: Session, kind: Thing, name: str) -> dict[str, Any]:
    with session.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(f"SHOW CREATE {kind.upper()} {quoted(name)}")
        return dict(cursor.fetchone() or {})


def _charsets(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """The character sets an object was made under. Its text travels as UTF-8, so another client character set becomes utf8mb4.

    That changes no literal: they are stored in the connection's collation, which is kept.
    """
    client = str(fields["character_set_client"])
    return [
        ("character_set_client", client if client in _UTF8 | {"binary"} else "utf8mb4"),
        ("collation_connection", str(fields["collation_connection"])),
    ]


def _text(kind: Thing, name: str, body: object) -> str:
    if isinstance(body, bytes):
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise Permanent(
                f"the text of {kind} {name} is not UTF-8 at byte {error.start}; create it again from an utf8mb4 session"
            ) from error
    return str(body)
