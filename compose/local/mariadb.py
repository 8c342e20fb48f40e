"""Real MariaDB (10.11) from Debian's stable packages, in a private folder."""

import subprocess
from pathlib import Path

from compose.local.database import Database
from compose.local.debian import Bundle

PROGRAMS = ("mariadbd", "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-binlog", "mariadb-backup")
PACKAGES = ("mariadb-server-core", "mariadb-client-core", "mariadb-client", "mariadb-server", "mariadb-backup")
# What mariadb-install-db feeds to the server, without the help texts.
SYSTEM_TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mysql_sys_schema.sql",
)
# mariadb-install-db also lets root in from the network's side; here anybody on the machine would be root without a password.
NETWORK_ROOT = b"DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND Host <> 'localhost';\n"


class MariaDB(Database):
    """A MariaDB server with its binary log."""

    name = flavour = "mariadb"
    bundle = Bundle("mariadb", "bookworm", PACKAGES, PROGRAMS)

    def lines(self) -> dict[str, str]:
        """The option file."""
        return {"gtid_strict_mode": "ON", "binlog_format": "ROW", "server_id": "10", **super().lines()}

    def initialise(self, argv: list[str], data: Path) -> "subprocess.CompletedProcess[bytes]":
        """As `mariadb-install-db` does, but with a small redo log: each server allocates its own faster than 96 MB are copied."""
        data.mkdir()
        head = b"CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        tables = b"\n".join((self.programs.share / name).read_bytes() for name in SYSTEM_TABLES)
        sql = head + tables + b"\n" + NETWORK_ROOT
        return subprocess.run([*argv, "--bootstrap", "--innodb-log-file-size=4M"], input=sql, check=False, capture_output=True)
