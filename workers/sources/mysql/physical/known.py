"""What a physical full says about its moment, and how the server that is to serve its files has to be started. Floor: tools."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.artifact import Count, Facts, Position
from workers.errors import Permanent
from workers.sources.mysql.facts import COUNTED
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.physical.reading import reading
from workers.sources.mysql.place import SYSTEM
from workers.sources.mysql.scratch.options import MIB, Wish
from workers.sources.mysql.scratch.server import Scratch
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour

MODE = "physical"
POSITION = "xtrabackup_binlog_info"  # the file in which mariadb-backup writes it down
MEMORY = 256 * MIB  # of the server that tries a copy; the live one needs its own
# Options that a server has to be started with to serve the files at all.
_BOTH = ("lower_case_table_names", "innodb_page_size", "innodb_data_file_path")
_LASTING = {Flavour.MYSQL: _BOTH, Flavour.MARIADB: (*_BOTH, "innodb_undo_tablespaces")}
_TABLES = (
    "SELECT table_schema, table_name, engine, COALESCE(table_rows, 0) FROM information_schema.tables"
    f" WHERE table_type IN ('BASE TABLE', 'SEQUENCE', 'SYSTEM VERSIONED') AND table_schema NOT IN ({', '.join(['%s'] * len(SYSTEM))})"
    " ORDER BY table_schema, table_name"
)
_COLUMNS = (
    "SELECT table_schema, table_name, ordinal_position, column_name, column_type FROM information_schema.columns"
    f" WHERE table_schema NOT IN ({', '.join(['%s'] * len(SYSTEM))}) ORDER BY 1, 2, 3"
)
_STATUS = "SELECT state, error_no, binlog_file, binlog_position, gtid_executed FROM performance_schema.clone_status"
_MOMENT = "SELECT end_time FROM performance_schema.clone_progress WHERE stage = 'REDO COPY'"


@dataclass(frozen=True, slots=True)
class Held:
    """What a server holds: its tables and their rows, its databases, and a digest of all columns. `strange`: tables that are not InnoDB."""

    counts: tuple[Count, ...]
    databases: tuple[str, ...]
    fingerprint: str
    strange: tuple[str, ...] = ()


def held(running: Scratch) -> Held:
    """Look at a server on which everything may be seen, and into every table: rows are counted, or, where they are too many, estimated.

    Corrupt where a table cannot be read.
    """
    with closing(running.server.connect()) as session:
        return _held(running, session)


def _held(running: Scratch, session: Session) -> Held:
    system = tuple(sorted(SYSTEM))
    if value(session, "SELECT VERSION()").lower().find("mariadb") < 0:
        rows(session, "SET SESSION information_schema_stats_expiry = 0")
    tables = rows(session, _TABLES, system)
    names = sorted(str(name) for (name,) in rows(session, "SELECT schema_name FROM information_schema.schemata") if name not in SYSTEM)
    digest = hashlib.sha256("\n".join("\t".join(map(str, row)) for row in rows(session, _COLUMNS, system)).encode()).hexdigest()
    few = sum(int(estimate) for *_, estimate in tables) <= COUNTED
    counts = list[Count]()
    for schema, name, _, estimate in tables:
        with reading(running, f"{schema}.{name}"):
            counts.append(_count(session, str(schema), str(name), None if few else int(estimate)))
    strange = tuple(f"{schema}.{name} ({engine})" for schema, name, engine, _ in tables if engine != "InnoDB")
    return Held(tuple(counts), tuple(names), digest, strange)


def tables(session: Session) -> tuple[str, ...]:
    """All tables of all databases, quoted."""
    return tuple(f"{quoted(str(schema))}.{quoted(str(name))}" for schema, name, *_ in rows(session, _TABLES, tuple(sorted(SYSTEM))))


def _count(session: Session, schema: str, name: str, estimate: int | None) -> Count:
    """The rows of a table. Where they are estimated, its first one is read."""
    table = f"{quoted(schema)}.{quoted(name)}"
    if estimate is None:
        return Count(f"{schema}.{name}", int(value(session, f"SELECT COUNT(*) FROM {table}")))
    rows(session, f"SELECT 1 FROM {table} LIMIT 1")
    return Count(f"{schema}.{name}", estimate, exact=False)


def copied(running: Scratch) -> tuple[Position | None, datetime | None]:
    """Where MySQL's copy stands in the binary log of the server it is of, and when that was, as the copy itself says.

    Permanent where the copy does not say that it is complete. The moment is None where the copy was started before.
    """
    with closing(running.server.connect()) as session:
        found, moment = rows(session, _STATUS), rows(session, _MOMENT)
    if not found or (found[0][0], found[0][1]) != ("Completed", 0):
        raise Permanent(f"the copy of the server is not complete: clone_status says {found[0][:2] if found else 'nothing'}")
    _, _, file, offset, gtid = found[0]
    position = Position(str(file), int(offset), str(gtid).replace("\n", "")) if file else None
    return position, moment[0][0].replace(tzinfo=UTC) if moment and moment[0][0] else None


def told_by(said: bytes) -> Position | None:
    """The position as mariadb-backup writes it down: file, offset and GTIDs with tabs between; nothing where the log is off."""
    file, _, rest = said.decode().strip().partition("\t")
    offset, _, gtid = rest.partition("\t")
    return Position(file, int(offset), gtid.replace("\n", "")) if file else None


def lasting(server: Server, session: Session) -> tuple[tuple[str, str], ...]:
    """The options of a server without which nobody can serve its files, and who it was."""
    names = (*_LASTING[server.flavour], "server_id", "hostname")
    return tuple((name, str(value(session, f"SELECT @@{name}"))) for name in names)


def wished(facts: Facts, parent: Path, tools: Path | None) -> Wish:
    """The server that can serve the files of a backup."""
    extras, flavour = dict(facts.extras), Flavour(facts.flavour)
    extra = tuple((name, extras[name]) for name in _LASTING[flavour] if name in extras)
    return Wish(parent, flavour, facts.version, tools, memory=MEMORY, database=facts.place, server_id=int(extras["server_id"]), extra=extra)
