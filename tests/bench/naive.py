"""The naive way: the customer's scripts of today. Dump through gzip, a checksum, a copy, and the checks those scripts make."""

import subprocess
from pathlib import Path

from compose.local.database import Database

BACKUP = """
set -e
{dump} --defaults-file={cnf} --single-transaction --quick --routines --triggers --events {extra} community |
  gzip -9 > {work}/community.sql.gz
(cd {work} && md5sum community.sql.gz > community.sql.gz.md5)
cp {work}/community.sql.gz {work}/community.sql.gz.md5 {store}/
(cd {store} && md5sum -c --quiet community.sql.gz.md5 && gunzip -t community.sql.gz)
"""
RESTORE = "gunzip -c {store}/community.sql.gz | {client} --defaults-file={cnf} --binary-mode {into}"


class Naive:
    """Scripts around one database; `folder` holds their working file and their store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.work, self.store = folder / "work", folder / "store"
        for place in (self.work, self.store):
            place.mkdir(parents=True, exist_ok=True)
        self.cnf = folder / "my.cnf"
        self.cnf.write_text(f"[client]\nuser=root\nsocket={database.socket}\n")

    def backup(self) -> None:
        """Dump, compress, check."""
        mysql = self.database.flavour == "mysql"
        names = ("mysqldump", "--set-gtid-purged=OFF") if mysql else ("mariadb-dump", "")
        self._run(BACKUP, dump=self.database.tools / names[0], extra=names[1])

    def restore(self, into: str) -> None:
        """Load the newest dump into an empty database."""
        client = self.database.tools / ("mysql" if self.database.flavour == "mysql" else "mariadb")
        self.database.run(f"CREATE DATABASE {into} CHARACTER SET utf8mb4")
        self._run(RESTORE, client=client, into=into)

    def spool(self) -> int:
        """Bytes of its working file."""
        return sum(file.stat().st_size for file in self.work.iterdir())

    def _run(self, script: str, **values: object) -> None:
        text = script.format(cnf=self.cnf, work=self.work, store=self.store, **values)
        subprocess.run(["bash", "-o", "pipefail", "-c", text], check=True)
