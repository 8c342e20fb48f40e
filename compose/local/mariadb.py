"""Real MariaDB (10.11) from Debian's stable packages, in a private folder."""

import subprocess
from pathlib import Path

from compose.local.database import Database
from compose.local.debian import Bundle
from compose.local.server import WillNotStart

PROGRAMS = ("mariadbd", "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-binlog")
# What mariadb-install-db feeds to the server, without the help texts.
SYSTEM_TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mysql_sys_schema.sql",
)


class MariaDB(Database):
    """A MariaDB server with its binary log."""

    name = flavour = "mariadb"
    daemon = "mariadbd"
    bundle = Bundle("mariadb", "bookworm", ("mariadb-server-core", "mariadb-client-core", "mariadb-client", "mariadb-server"), PROGRAMS)

    def lines(self) -> dict[str, str]:
        """The option file; the paths compiled into the programs are those of an installed package."""
        share = self.prefix / "usr"
        return {
            "basedir": str(share),
            "lc_messages_dir": str(share / "share/mysql"),
            "character_sets_dir": str(share / "share/mysql/charsets"),
            "plugin_dir": str(share / "lib/mysql/plugin"),
            "gtid_strict_mode": "ON",
            "server_id": "10",
            **super().lines(),
        }

    def initialise(self, data: Path, work: Path) -> None:
        """Make an empty data folder as `mariadb-install-db` does; root has no password and gets in over the socket only."""
        data.mkdir(parents=True)
        kept = ("basedir", "lc_messages_dir", "character_sets_dir", "plugin_dir", "user")
        lines = {key: value for key, value in self.lines().items() if key in kept}
        file = self.write_options(work / "my.cnf", {**lines, "datadir": str(data), "log_error": str(work / "log")})
        argv = [str(self.tools / "mariadbd"), f"--defaults-file={file}", "--bootstrap"]
        done = subprocess.run(argv, input=self._script(), check=False, capture_output=True)
        if done.returncode:
            raise WillNotStart(f"mariadbd --bootstrap failed:\n{(work / 'log').read_text(errors='replace')[-2000:]}")

    def _script(self) -> bytes:
        share = self.prefix / "usr/share/mysql"
        head = b"CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        return head + b"\n".join((share / name).read_bytes() for name in SYSTEM_TABLES)
