"""A platform with one database, a folder and a bucket, filled with the community's data: where the cases about a database play."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compose.demo import community
from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.platform import Platform, platform, running
from compose.local.s3 import BUCKET, S3
from tests.bench.naive import Naive

FLAVOURS: dict[str, Callable[[Path], Database]] = {
    "mysql": lambda folder: MySQL(folder, buffer_pool="2G"),
    "mariadb": lambda folder: MariaDB(folder, buffer_pool="2G"),
}
ROOM = 8  # bytes of disk for each byte of SQL: the data, two restored copies with their logs, every copy of two backups
FILES = 5  # and for each byte of files: they, the archive, ours, restic's and BorgBackup's repositories
RESTORED = 4  # and in each round of restores one copy of each


@dataclass(frozen=True)
class Stage:
    """The platform, the naive scripts around its database, and how many pairs are wanted."""

    here: Platform
    naive: Naive
    rounds: int

    def forget_backups(self) -> None:
        """Remove every backup of ours from both stores: the disk has room for one."""
        shutil.rmtree(self.here.root / "nas" / "community", ignore_errors=True)
        if self.here.s3:
            bucket = self.here.s3.client
            for page in bucket.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="demo/community/"):
                for found in page.get("Contents", []):
                    bucket.delete_object(Bucket=BUCKET, Key=found["Key"])

    def forget(self, *databases: str) -> None:
        """Drop restored databases, and the logs that their loading left."""
        logs = "BINARY LOGS"
        self.here.database.run(*(f"DROP DATABASE IF EXISTS {name}" for name in databases), f"FLUSH {logs}", f"PURGE {logs} BEFORE NOW()")

    def unequal(self, database: str) -> tuple[str, ...]:
        """The tables of a restored database that differ from the source's."""
        with self.here.database.admin() as connection:
            wanted, found = community.checksums(connection), community.checksums(connection, database)
        return tuple(table for table in wanted if found[table] != wanted[table])


@contextmanager
def stage(root: Path, flavour: str, scale: float, rounds: int) -> Iterator[Stage]:
    """Everything up, `scale` times 200 MB of SQL in the database; everything down at the end."""
    here = platform(root, FLAVOURS[flavour](root / "database"), S3(root / "s3"))
    with running(here):
        os.environ["CANVASBACK_CONFIG"] = str(here.settings)
        with here.database.admin() as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION sql_log_bin = 0")  # nobody needs the log of a creation; it is as large as the data
            community.create(connection, scale)
        yield Stage(here, Naive(here, root / "naive"), rounds)


def needs_room(root: Path, size: float, share: int = ROOM) -> None:
    """SystemExit, with the figures, where the disk below `root` has not `share` bytes free for each byte of data."""
    free = shutil.disk_usage(root).free
    if free < share * size:
        raise SystemExit(
            f"{root} has {free / 1e9:.1f} GB free, {size / 1e9:.1f} GB of data need {share * size / 1e9:.1f}:"
            " make BENCH_SIZE smaller, or let TMPDIR name a larger disk"
        )
