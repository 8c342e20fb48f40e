"""What the account of a target may do, compared with what a physical full needs. Floor: tools."""

from workers.errors import Permanent
from workers.sources.mysql.privileges import Need, grant, missing
from workers.sources.mysql.session import Server, Session
from workers.sources.mysql.tools import Flavour

_NEEDS = {
    Flavour.MYSQL: (Need(("BACKUP_ADMIN",), "*", "copies the server (CLONE LOCAL)"),),
    Flavour.MARIADB: (
        Need(("RELOAD",), "*", "stops commits for the moment of the backup (BACKUP STAGE)"),
        Need(("PROCESS",), "*", "reads the state of InnoDB"),
        Need(("LOCK TABLES",), "*", "reads tables that are not InnoDB"),
        Need(("BINLOG MONITOR", "REPLICATION CLIENT", "SUPER"), "*", "reads the binary log position"),
    ),
}


def needs(server: Server) -> tuple[Need, ...]:
    """The least privileges, by flavour (tested one by one, see the tests)."""
    return _NEEDS[server.flavour]


def require(server: Server, session: Session) -> None:
    """Raise Permanent with every GRANT that a physical full lacks."""
    if lacking := missing(server, session, needs(server)):
        names = ", ".join(need.names[0] for need in lacking)
        raise Permanent(
            f"user {server.options.user!r} lacks {names} for a physical backup; "
            f"paste as an administrator: {' '.join(grant(server, session, need) for need in lacking)}"
        )
