"""CLONE LOCAL DATA DIRECTORY: MySQL copies itself into a folder of this host, while it goes on. Floor: tools.

The server goes on copying when nobody waits for it any more, so whoever stops waiting ends it, and what a killed worker left is ended by
the next one. The servers of one host copy themselves into one folder: the name of a copy says whose it is, and only who can ask that
server whether it still writes may remove it. Tables and tablespaces outside the data directory are refused by the server itself (1086).
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pymysql

from workers.errors import Failure, Permanent
from workers.sources.mysql.faults import Moment, number, told
from workers.sources.mysql.physical.datadir import Datadir
from workers.sources.mysql.scratch.copied import DATA
from workers.sources.mysql.scratch.home import home, lost
from workers.sources.mysql.session import Server, Session, rows, value

COPY = "copy-"
INSTALL = "INSTALL PLUGIN clone SONAME 'mysql_clone.so';"
_ACTIVE = "SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = 'clone' AND plugin_status = 'ACTIVE'"
_OURS = (
    "SELECT id FROM information_schema.processlist WHERE INSTR(info, %s) = 1 AND id <> CONNECTION_ID()"
    " AND user = SUBSTRING_INDEX(USER(), '@', 1)"
)
_PATIENCE = 30.0  # seconds for the server to stop copying; it looks between two chunks
_LOOK = 0.2
_BUSY, _TURN = 3634, 6 * 3600.0  # "too many concurrent clones", and seconds that another one is waited for


def is_installed(session: Session) -> bool:
    """Whether the server's clone plugin is there and works."""
    return bool(value(session, _ACTIVE))


@contextmanager
def cloned(server: Server, parent: Path, datadir: Datadir) -> Iterator[Path]:
    """The folder of a scratch server in which the server copied itself to `data`; removed afterwards, whatever happens.

    Refused where there is no room for a whole copy, Permanent, with the server's words, where it could not copy.
    """
    with home(parent, datadir.room, end_lost(server, parent)) as place:
        datadir.give(place)
        with told(Moment(server.options, "copying the server with CLONE LOCAL", running=True)), closing(server.connect()) as session:
            if not is_installed(session):
                raise Permanent(f"the clone plugin of {server.options.address} is missing; paste as an administrator: {INSTALL}")
            _copy(server, session, place / DATA)
        if not (place / DATA / "#clone").is_dir():
            raise Permanent(f"the server copied itself to {place / DATA}, but nothing is there: is it on this host, and in no container?")
        yield place


def end_lost(server: Server, parent: Path) -> str:
    """End copies into folders below `parent` whose worker is gone: the server makes one at a time, and fills the disk with it.

    How the names of this server's copies begin, by which their folders are found.
    """
    with told(Moment(server.options, "looking for lost copies")), closing(server.connect()) as session:
        kind = copies_of(session)
        for place in lost(parent, kind):
            _end(session, f"CLONE LOCAL DATA DIRECTORY = '{place}{os.sep}")
    return kind


def copies_of(session: Session) -> str:
    """How the names of a server's copies begin. A server whose files were copied by hand has the uuid of its twin, but another folder."""
    server = str(value(session, "SELECT CONCAT(@@server_uuid, ' ', @@datadir)"))
    return f"{COPY}{hashlib.sha256(server.encode()).hexdigest()[:8]}-"


def _copy(server: Server, session: Session, into: Path) -> None:
    thread = session.thread_id()  # type: ignore[no-untyped-call]  # its stubs forgot it
    try:
        _in_turn(session, into)
    except BaseException:
        with suppress(pymysql.MySQLError, Failure), closing(server.connect()) as other:  # the first reason is told
            _end(other, f"CLONE LOCAL DATA DIRECTORY = '{into}'", thread)
        raise


def _in_turn(session: Session, into: Path) -> None:
    """A server makes one copy at a time: that of another target of the same server is waited for."""
    end = time.monotonic() + _TURN
    while True:
        try:
            rows(session, "CLONE LOCAL DATA DIRECTORY = %s", (str(into),))
            return
        except pymysql.MySQLError as error:
            if number(error) != _BUSY or time.monotonic() > end:
                raise
        time.sleep(_LOOK)


def _end(session: Session, statement: str, *known: int) -> None:
    """Kill the sessions of our account whose statement begins so, and wait until they are gone."""
    end = time.monotonic() + _PATIENCE
    for thread in known:
        with suppress(pymysql.MySQLError):
            rows(session, f"KILL {thread}")
    while found := rows(session, _OURS, (statement,)):
        for (thread,) in found:
            with suppress(pymysql.MySQLError):  # it may have ended by itself
                rows(session, f"KILL {int(thread)}")
        if time.monotonic() > end:
            raise Permanent("a CLONE of a worker that is gone does not end; look at SHOW PROCESSLIST")
        time.sleep(_LOOK)
