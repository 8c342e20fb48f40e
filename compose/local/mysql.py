"""Real MySQL (8.4 or newer) from Debian's unstable packages, in a private folder."""

import subprocess
from pathlib import Path

from compose.local.database import Database
from compose.local.debian import Bundle
from compose.local.server import WillNotStart

PROGRAMS = ("mysqld", "mysql", "mysqldump", "mysqladmin", "mysqlbinlog")


class MySQL(Database):
    """A MySQL server with GTIDs."""

    name = flavour = "mysql"
    daemon = "mysqld"
    bundle = Bundle("mysql", "sid", ("mysql-server-core", "mysql-client-core"), PROGRAMS)

    def lines(self) -> dict[str, str]:
        """The option file; the paths compiled into the programs are those of an installed package."""
        share = self.prefix / "usr"
        return {
            "basedir": str(share),
            "lc_messages_dir": str(share / "share/mysql"),
            "plugin_dir": str(share / "lib/mysql/plugin"),
            "character_sets_dir": str(share / "share/mysql/charsets"),
            "mysqlx": "OFF",
            "secure_file_priv": "",
            "gtid_mode": "ON",
            "enforce_gtid_consistency": "ON",
            "server_id": "97",
            **{key: value for key, value in super().lines().items() if key != "binlog_format"},  # ROW is the only one since 9.x
        }

    def initialise(self, data: Path, work: Path) -> None:
        """Make an empty data folder; root has no password and gets in over the socket only."""
        lines = {
            key: value
            for key, value in self.lines().items()
            if key in ("basedir", "lc_messages_dir", "plugin_dir", "character_sets_dir", "secure_file_priv", "user")
        }
        file = self.write_options(work / "my.cnf", {**lines, "datadir": str(data), "log_error": str(work / "log")})
        done = subprocess.run(
            [str(self.tools / "mysqld"), f"--defaults-file={file}", "--initialize-insecure"], check=False, capture_output=True
        )
        if done.returncode:
            raise WillNotStart(f"mysqld --initialize-insecure failed:\n{(work / 'log').read_text(errors='replace')[-2000:]}")
        (data / "auto.cnf").unlink()  # the server's identity; each copy makes its own
