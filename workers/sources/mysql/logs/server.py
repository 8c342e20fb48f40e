"""What a server says about its binary logs: which there are, what was executed, whether they can be shipped at all. Floor: tools."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pymysql

from workers.errors import Permanent
from workers.sources.mysql.faults import number as code
from workers.sources.mysql.logs.gtid import Gtids, parse
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour

_UNKNOWN_VARIABLE = 1193
_UNKNOWN_LOG = frozenset({1220, 1373})  # SHOW BINLOG EVENTS of a file that is gone
_HEADS = ("Previous_gtids", "Gtid_list")
_ENCRYPTED = 512  # bytes of MySQL's head before an encrypted file, which is sent without it (rpl_log_encryption.h)


@dataclass(frozen=True, slots=True)
class Listed:
    """A log file in the server's list; `bytes` is its size as it is sent."""

    name: str
    bytes: int


def require(session: Session) -> None:
    """Permanent, with what would mend it, where the logs could bring nothing back: they are off, or hold statements."""
    if not value(session, "SELECT @@log_bin"):
        raise Permanent(
            "the server writes no binary log: set log_bin and server_id in its configuration and restart it, then make a full backup"
        )
    form = str(value(session, "SELECT @@GLOBAL.binlog_format"))
    if form != "ROW":
        raise Permanent(
            f"binlog_format is {form}, and such a log brings nothing back surely: SET GLOBAL binlog_format = 'ROW'; then make a full backup"
        )


def listed(session: Session) -> tuple[Listed, ...]:
    """All log files, the oldest first; the last one is being written."""
    return tuple(
        Listed(str(name), int(size) - (_ENCRYPTED if encrypted and encrypted[0] == "Yes" else 0))
        for name, size, *encrypted in rows(session, "SHOW BINARY LOGS")
    )


def executed(server: Server, session: Session) -> Gtids:
    """The transactions in the logs so far, those purged since included; the empty set where GTIDs are off."""
    variable = "gtid_executed" if server.flavour is Flavour.MYSQL else "gtid_binlog_state"
    return parse(str(value(session, f"SELECT @@GLOBAL.{variable}")))


def before(session: Session, name: str) -> Gtids:
    """The transactions executed before a log, as its head says. Permanent where the file is gone."""
    try:
        found = rows(session, "SHOW BINLOG EVENTS IN %s LIMIT 3", (name,))
    except pymysql.MySQLError as error:
        if code(error) in _UNKNOWN_LOG:
            raise Permanent(f"{name} was purged before it was fetched") from error
        raise
    texts = [str(row[5]) for row in found if row[2] in _HEADS]
    return parse(texts[0].strip("[]")) if texts else Gtids()


def clock(session: Session) -> datetime:
    """The server's own UTC clock."""
    now: datetime = value(session, "SELECT UTC_TIMESTAMP(6)")
    return now.replace(tzinfo=UTC)


def expiry(session: Session) -> float:
    """After how many seconds the server purges a log; 0 where never."""
    try:
        return float(value(session, "SELECT @@GLOBAL.binlog_expire_logs_seconds"))
    except pymysql.MySQLError as error:
        if code(error) != _UNKNOWN_VARIABLE:
            raise
        return float(value(session, "SELECT @@GLOBAL.expire_logs_days")) * 86400
