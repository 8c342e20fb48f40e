"""The unpacked files of a physical full as a scratch server, which logs can then be replayed on. Floor: tools."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pymysql

from workers.artifact import Order
from workers.sources.mysql.faults import Moment, number, quoted, told
from workers.sources.mysql.physical import known
from workers.sources.mysql.physical.proving import make_ready
from workers.sources.mysql.place import SYSTEM
from workers.sources.mysql.scratch.copied import DATA, our_own
from workers.sources.mysql.scratch.server import Scratch
from workers.sources.mysql.session import Session, rows
from workers.sources.mysql.tools import Flavour

_SYNTAX = 1064


@contextmanager
def raised(order: Order, place: Path, tools: Path | None) -> Iterator[Scratch]:
    """A scratch server on the files of a full in the folder `place`, which is removed in the end; it holds the target's database alone.

    Refused where there is no program, Permanent where it does not start; MUST be called from a thread that outlives it.
    """
    try:
        make_ready(order, place / DATA, tools)
        with our_own(known.wished(order.facts, place, tools), place) as running:
            with told(Moment(running.server.options, "preparing a replay", running=True)), closing(running.server.connect()) as session:
                leave_alone(session, order.facts.place)
                if running.server.flavour is Flavour.MYSQL:
                    _forget(session)
            yield running
    finally:
        shutil.rmtree(place, ignore_errors=True)


def leave_alone(session: Session, database: str) -> None:
    """Drop every other database: no log is replayed on them, and a statement that draws on them has to fail, not to take what is old."""
    rows(session, "SET SESSION foreign_key_checks = 0")
    for (name,) in rows(session, "SELECT schema_name FROM information_schema.schemata"):
        if str(name).casefold() not in SYSTEM | {database.casefold()}:
            rows(session, f"DROP DATABASE {quoted(str(name))}")


def _forget(session: Session) -> None:
    """The files say what was executed, and whose replica the server was; a replay says the one anew, and wants nothing of the other.

    Under its new name, which 8.2 brought, else under the old one, which 8.4 took away.
    """
    rows(session, "RESET REPLICA ALL")
    try:
        rows(session, "RESET BINARY LOGS AND GTIDS")
    except pymysql.MySQLError as error:
        if number(error) != _SYNTAX:
            raise
        rows(session, "RESET MASTER")
