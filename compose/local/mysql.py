"""Real MySQL (8.4 or newer) from Debian's unstable packages, in a private folder."""

import subprocess
from pathlib import Path

from compose.local.database import Database
from compose.local.debian import Bundle

PROGRAMS = ("mysqld", "mysql", "mysqldump", "mysqladmin", "mysqlbinlog")


class MySQL(Database):
    """A MySQL server with GTIDs. Its binary log has rows; nothing else is left in MySQL 9."""

    name = flavour = "mysql"
    bundle = Bundle("mysql", "sid", ("mysql-server-core", "mysql-client-core"), PROGRAMS)

    def lines(self) -> dict[str, str]:
        """The option file."""
        own = {
            "mysqlx": "OFF",
            "secure_file_priv": "",
            "gtid_mode": "ON",
            "enforce_gtid_consistency": "ON",
            "server_id": "97",
            "local_infile": "ON",
        }
        return {**own, **super().lines()}

    def initialise(self, argv: list[str], data: Path) -> "subprocess.CompletedProcess[bytes]":
        """As the manual says, without a password for root."""
        done = subprocess.run([*argv, "--initialize-insecure", "--secure-file-priv="], check=False, capture_output=True)
        (data / "auto.cnf").unlink(missing_ok=True)  # the server's identity; each copy makes its own
        for spare in (data / "#innodb_redo").glob("*_tmp"):  # 100 MB of nothing, which each server allocates faster than it is copied
            spare.unlink()
        return done
