"""A platform with a folder of files that hardly compress, as uploads are: where the cases about folders play. No database, one store."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from compose.demo import story
from compose.local.cluster import Cluster
from compose.local.redis import Redis
from compose.local.server import Server
from tasks.starts import start_backup, start_restore
from workers.artifact import Order, encode, new_run_id
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.celery import app
from workers.errors import Permanent
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
from workers.topology import CONTROL

FILES = 20_000
CHANGED = 100  # one of so many files is changed before an incremental backup
SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{broker}"
[hosts.files1]
role = "files"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{root}/nas"
[plans.files]
required = ["nas"]
[targets.uploads]
source = "files"
host = "files1"
plan = "files"
[targets.uploads.files]
path = "{root}/uploads"
"""
FULL = """
set -e
tar -C {uploads} -cf - . | gzip -6 > {work}/uploads.tar.gz
cd {work} && sha256sum uploads.tar.gz > uploads.tar.gz.sha256
"""
INCREMENTAL = """
set -e
tar -C {uploads} --listed-incremental={work}/snapshot -cf - . | gzip -6 > {work}/uploads.tar.gz
cd {work} && sha256sum uploads.tar.gz > uploads.tar.gz.sha256
"""
RESTORE = "tar -C {into} -xpzf {work}/uploads.tar.gz"


@dataclass
class Folder:
    """The platform, its folder, and how many pairs are wanted."""

    root: Path
    redis: Redis
    cluster: Cluster
    rounds: int
    random: Random = field(default_factory=lambda: Random(7))

    @property
    def servers(self) -> tuple[Server, ...]:
        """What works for ours beside the workers."""
        return (self.redis,)

    @property
    def uploads(self) -> Path:
        """The folder that is protected."""
        return self.root / "uploads"

    @property
    def work(self) -> Path:
        """Where the naive scripts write."""
        return self.root / "naive"

    @property
    def engines(self) -> Path:
        """Where restic and BorgBackup have their repositories."""
        return self.root / "engines"

    def fill(self, size: float) -> None:
        """Files of random bytes, a few large and most small, 200 in a folder."""
        for number in range(FILES):
            path = self.uploads / f"{number // 2000:02}" / f"{number // 200 % 10}" / f"upload-{number:06}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.random.randbytes(int(self.random.expovariate(1) * size / FILES)))

    def change(self) -> None:
        """Write every hundredth file anew."""
        for path in self.random.sample(sorted(self.uploads.rglob("*.jpg")), FILES // CHANGED):
            path.write_bytes(self.random.randbytes(path.stat().st_size))

    def back_up(self, kind: str) -> Entry:
        """Ours."""
        run = new_run_id()
        start_backup.apply_async(("uploads", kind, None, run), queue=CONTROL)
        entry = story.wait(run)
        if entry.run.kind != kind:
            raise Permanent(f"a backup of kind {kind} became one of kind {entry.run.kind}")
        return entry

    def bring_back(self, backup: str, into: Path) -> Entry:
        """Ours, into an empty folder."""
        manifest = index.find(app.tools.stores_of("uploads"), "uploads", backup).manifest
        run, order = new_run_id(), Order(backup, manifest.facts.place, str(into), manifest.facts)
        start_restore.apply_async(("uploads", encode(order), run), queue=CONTROL)
        return story.wait(run)

    def script(self, text: str, into: Path = Path()) -> None:
        """The naive way."""
        line = text.format(uploads=self.uploads, work=self.work, into=into)
        subprocess.run(["bash", "-o", "pipefail", "-c", line], check=True)

    def forget(self) -> None:
        """Remove what ours has stored: the disk has room for one."""
        shutil.rmtree(self.root / "nas" / "uploads", ignore_errors=True)
        self.warm()

    def warm(self) -> None:
        """Bring every file into memory again: BorgBackup drops what it has read, and whoever came after it would wait for the disk."""
        for path in self.uploads.rglob("*.jpg"):
            path.read_bytes()


@contextmanager
def folder(root: Path, size: float, rounds: int) -> Iterator[Folder]:
    """Everything up and the folder filled; everything down at the end."""
    made = Folder(root, Redis(root / "redis"), Cluster(root / "canvasback.toml", root / "workers"), rounds)
    with ExitStack() as stack:
        stack.enter_context(made.redis)
        LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
        (root / "canvasback.toml").write_text(SETTINGS.format(root=root, broker=made.redis.url))
        made.work.mkdir()
        made.engines.mkdir()
        made.fill(size)
        stack.enter_context(made.cluster)
        os.environ["CANVASBACK_CONFIG"] = str(root / "canvasback.toml")
        yield made
