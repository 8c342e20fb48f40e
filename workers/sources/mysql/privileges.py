"""What the account of a target may do, compared with what a dump needs. Floor: tools.

Asked before every dump: without SHOW_ROUTINE, TRIGGER or EVENT the objects are simply not listed, with no error anywhere.
"""

import re
from dataclasses import dataclass

from workers.errors import Permanent
from workers.sources.mysql.faults import quoted, unquoted
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour

_LINE = re.compile(r"^(GRANT|REVOKE) (.+?) ON (\*\.\*|`(?:[^`]|``)+`\.\*) (?:TO|FROM) ")
_COLUMNS = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Need:
    """A privilege that a dump needs: `names` are alternatives, the least first; `scope` is `*` or a database."""

    names: tuple[str, ...]
    scope: str
    why: str


_MAKING = ("SELECT", "INSERT", "UPDATE", "CREATE", "DROP", "ALTER", "CREATE VIEW", "TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT")
SIGHT = Need(("PROCESS",), "*", "sees long statements of other accounts")


def restoring(server: Server, into: str) -> tuple[Need, ...]:
    """What a restore needs in the database that it makes, whatever is in the backup (tested one by one)."""
    names = _MAKING if server.flavour is Flavour.MARIADB else (*_MAKING, "REFERENCES")  # MariaDB asks for none
    return tuple(Need((name,), into, "makes and fills the restored database") for name in names)


def locking(server: Server) -> Need:
    """What a dump needs beside the rest where there are tables without a snapshot."""
    return Need(("LOCK TABLES",), server.options.database, "holds tables without a snapshot still while they are read")


@dataclass(frozen=True, slots=True)
class Held:
    """One line of SHOW GRANTS: which privileges, on which database pattern (`*` for all)."""

    names: frozenset[str]
    scope: str
    revoked: bool = False


def needs(server: Server) -> tuple[Need, ...]:
    """The least privileges of a dump, by flavour (tested one by one, see the tests)."""
    database = server.options.database
    common = (
        Need(("SELECT",), database, "reads the rows"),
        Need(("SHOW VIEW",), database, "reads view definitions"),
        Need(("TRIGGER",), database, "reads trigger definitions"),
        Need(("EVENT",), database, "reads event definitions"),
    )
    if server.flavour is Flavour.MARIADB:
        return (
            Need(("SELECT",), "*", "reads routine bodies and accounts"),
            *common[1:],
            Need(("RELOAD",), "*", "stops commits for the snapshot (BACKUP STAGE)"),
            Need(("BINLOG MONITOR", "REPLICATION CLIENT", "SUPER"), "*", "reads the binary log position"),
        )
    own = (
        Need(("FLUSH_TABLES", "RELOAD"), "*", "stops commits for the snapshot"),
        Need(("BACKUP_ADMIN",), "*", "keeps DDL away during the dump"),
        Need(("REPLICATION CLIENT", "SUPER"), "*", "reads the binary log position"),
        Need(("SHOW_ROUTINE",), "*", "reads routine bodies"),
    )
    accounts = (Need(("SELECT",), "mysql", "reads accounts and grants"),) if server.options.accounts else ()
    return (*common, *own, *accounts)


def missing(server: Server, session: Session, wanted: tuple[Need, ...] | None = None) -> tuple[Need, ...]:
    """The needs (those of a dump, where none are given) that SHOW GRANTS does not cover, roles that are active included."""
    held = [parsed for (line,) in rows(session, "SHOW GRANTS") if (parsed := parse(str(line))) is not None]
    return tuple(need for need in (needs(server) if wanted is None else wanted) if not _covered(need, held))


def grant(server: Server, session: Session, need: Need) -> str:
    """The statement that gives a need to the account that is logged in."""
    user, _, host = str(value(session, "SELECT CURRENT_USER()")).rpartition("@")
    account = "@".join("'" + part.replace("'", "''") + "'" for part in (user, host))
    name = "RELOAD" if need.names[0] == "FLUSH_TABLES" and server.release < (8, 0, 23) else need.names[0]
    return f"GRANT {name} ON {'*' if need.scope == '*' else quoted(need.scope)}.* TO {account};"


def require(server: Server, session: Session, wanted: tuple[Need, ...] | None = None, what: str = "") -> None:
    """Raise Permanent with every GRANT that is missing for `what` (a dump), of those that are wanted (all that it needs)."""
    if lacking := missing(server, session, wanted):
        names = ", ".join(need.names[0] for need in lacking)
        raise Permanent(
            f"user {server.options.user!r} lacks {names} for {what or f'a complete dump of {server.options.database}'}; "
            f"paste as an administrator: {' '.join(grant(server, session, need) for need in lacking)}"
        )


def parse(line: str) -> Held | None:
    """One line of SHOW GRANTS; None for roles, proxies, and grants on single tables, which never cover a database."""
    if (found := _LINE.match(line)) is None:
        return None
    names = frozenset(name.strip() for name in _COLUMNS.sub("", found[2]).split(","))
    scope = "*" if found[3] == "*.*" else unquoted(found[3][1:-3])
    return Held(names, scope, revoked=found[1] == "REVOKE")


def _covered(need: Need, held: list[Held]) -> bool:
    fitting = [line for line in held if _matches(line.scope, need.scope) and _gives(line, need)]
    return bool(fitting) and not any(line.revoked for line in fitting)


def _gives(line: Held, need: Need) -> bool:
    # A global SELECT also shows routine bodies on MySQL; ALL PRIVILEGES is how MariaDB abbreviates.
    wanted = {*need.names, "ALL PRIVILEGES", "ALL", *({"SELECT"} if "SHOW_ROUTINE" in need.names else ())}
    return bool(line.names & wanted)


def _matches(pattern: str, scope: str) -> bool:
    """Whether a grant's database pattern (`%`, `_`, backslash escapes) covers a scope."""
    if pattern == "*" or scope == "*":
        return pattern == "*"
    tokens = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    regex = "".join(wild.get(token) or re.escape(token[-1]) for token in tokens)
    return re.fullmatch(regex, scope, re.DOTALL) is not None
