"""The naive way: the customer's scripts of today: dump through gzip, a checksum, a copy to every store, and the checks they make."""

import os
import subprocess
import sys
from pathlib import Path

from compose.local.platform import Platform
from compose.local.s3 import BUCKET, REGION
from workers.errors import Permanent

BACKUP = """
set -e
{dump} --defaults-file={cnf} --single-transaction --quick --routines --triggers --events {extra} community |
  gzip -9 > {work}/community.sql.gz
(cd {work} && md5sum community.sql.gz > community.sql.gz.md5)
cp {work}/community.sql.gz {work}/community.sql.gz.md5 {store}/
{upload} {work}/community.sql.gz {work}/community.sql.gz.md5
(cd {store} && md5sum -c --quiet community.sql.gz.md5 && gunzip -t community.sql.gz)
"""
RESTORE = "gunzip -c {store}/community.sql.gz | {client} --defaults-file={cnf} --binary-mode {into}"


class Naive:
    """Scripts around the database of a platform with a bucket; `folder` holds their working file and their first store."""

    def __init__(self, here: Platform, folder: Path) -> None:
        self.database, self.here = here.database, here
        self.work, self.store = folder / "work", folder / "store"
        for place in (self.work, self.store):
            place.mkdir(parents=True, exist_ok=True)
        self.cnf = folder / "my.cnf"
        self.cnf.write_text(f"[client]\nuser=root\nsocket={self.database.socket}\n")

    def backup(self) -> None:
        """Dump, compress, copy to both stores, check the first copy."""
        mysql = self.database.flavour == "mysql"
        names = ("mysqldump", "--set-gtid-purged=OFF") if mysql else ("mariadb-dump", "")
        self._run(BACKUP, dump=self.database.tools / names[0], extra=names[1])

    def restore(self, into: str) -> None:
        """Load the newest dump into an empty database."""
        client = self.database.tools / ("mysql" if self.database.flavour == "mysql" else "mariadb")
        self.database.run(f"CREATE DATABASE {into} CHARACTER SET utf8mb4")
        self._run(RESTORE, client=client, into=into)

    def tidy(self) -> None:
        """Remove the working file of the backup before."""
        for file in self.work.iterdir():
            file.unlink()

    def _run(self, script: str, **values: object) -> None:
        upload = f"{sys.executable} {Path(__file__).with_name('upload.py')}"
        text = script.format(cnf=self.cnf, work=self.work, store=self.store, upload=upload, **values)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", text], check=False, env=os.environ | self._bucket(), stderr=subprocess.PIPE)
        if done.returncode:
            raise Permanent(f"the naive scripts ended with status {done.returncode}: {done.stderr.decode(errors='replace')[-500:].strip()}")

    def _bucket(self) -> dict[str, str]:
        if self.here.s3 is None:
            raise RuntimeError("the platform of the benchmarks has a bucket")
        key, secret = self.here.s3.login()
        login = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        return {**login, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.here.s3.url, "S3_BUCKET": BUCKET}
