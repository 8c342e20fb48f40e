"""A platform with a folder for each engine, through real workers: `python -m tests.sources.engine.platform FOLDER`.

Backs each up twice, loses it, restores it, and prints what was found as one line of JSON. A process of its own, because the
application belongs to the settings that were there when it was imported.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

from compose.local import borg, restic
from compose.local.cluster import Cluster
from compose.local.redis import Redis
from compose.local.s3 import BUCKET, REGION, S3
from tests.sources.engine import expiring
from tests.sources.engine.hands import tree
from tests.sources.restic import cheap
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

PATIENCE = 120  # seconds a run may take
WORD = "a word that nobody knows"
TOOLS = {"restic": restic.tools, "borg": borg.tools}
STORES = {"restic": '["nas", "s3"]', "borg": '["nas"]'}
SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{broker}"
[hosts.files1]
role = "files"
slots = 2
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{root}/nas"
[stores.s3]
kind = "s3"
bucket = "{bucket}"
prefix = "prod"
region = "{region}"
endpoint_url = "{endpoint}"
medium = "object"
"""
TARGET = """
[plans.{engine}]
required = {stores}
{retention}
[targets.{engine}]
source = "{engine}"
host = "files1"
plan = "{engine}"
[targets.{engine}.{engine}]
path = "{root}/{engine}"
tools = "{tools}"
state = "{root}/state"
cache = "{root}/cache"
shares = 2
"""


@dataclass
class Platform:
    """Its servers and workers."""

    root: Path
    engine: str
    cluster: Cluster

    @property
    def repository(self) -> Path:
        """The one in the first store."""
        return self.root / "nas/repositories" / self.engine / self.engine

    @property
    def folder(self) -> Path:
        return self.root / self.engine

    @property
    def app(self) -> Any:
        return import_module("workers.celery").app

    def backup(self) -> Any:
        """Back up, wait, and give the entry of the run."""
        return self._done(self.start())

    def start(self) -> str:
        """Begin a backup; the id of its run."""
        artifact, starts = import_module("workers.artifact"), import_module("tasks.starts")  # they read the settings when they are imported
        run: str = artifact.new_run_id()
        starts.start_backup.apply_async((self.engine, "full", None, run), queue="control")
        return run

    def restore(self, into: Path, confirm: str | None = None, backup: str | None = None) -> Any:
        """Bring a backup back, the newest where none is named."""
        names = ("workers.artifact", "tasks.starts", "workers.bench.planning", "workers.bench.wishes")
        artifact, starts, planning, wishes = (import_module(name) for name in names)
        found = planning.restore(self.app.tools, self._look, wishes.Wish(self.engine, backup, str(into), confirm))
        run = artifact.new_run_id()
        starts.start_restore.apply_async((self.engine, artifact.encode(found.order), run), queue="control")
        return self._done(run)

    def _look(self, target: str, into: str) -> Any:
        return self.app.tools.source(target).place(into)

    def manifests(self) -> list[Any]:
        """The manifests of all backups, the newest first."""
        index = import_module("workers.catalog.index")
        return [entry.manifest for entry in index.backups(self.app.tools.stores_of(self.engine), self.engine).entries]

    def _done(self, run: str) -> Any:
        entry = self.ended(run)
        if entry.state != "done":
            raise RuntimeError(f"{entry.run.work} {entry.state}: {entry.reason}")
        return entry

    def ended(self, run: str) -> Any:
        """The entry of a run, once it is over."""
        end = monotonic() + PATIENCE
        while monotonic() < end:
            sleep(0.05)
            entry = next((entry for entry in self.app.tools.ledger.runs(20) if entry.run.id == run), None)
            if entry and entry.state != "open":
                return entry
        raise RuntimeError(f"run {run} did not end within {PATIENCE} s")

    def cheapen(self) -> None:
        """Make the passwords of restic's repositories cheap to try, in the folder and in the bucket."""
        cheap.cheapen(self.repository, WORD)
        store, keys = self.app.tools.store("s3"), "repositories/restic/restic/keys/"
        (found,) = store.list(keys)
        with store.open(found.key) as key:
            name, text = cheap.cheap(key.read(), WORD)
        store.put(keys + name, text, import_module("workers.transforms.checksum").form_of(text))
        store.remove(found.key)

    def person(self) -> str:
        """A snapshot of somebody's own in the first repository; its id."""
        word, known = self.root / "word", self.app.tools.source(self.engine).held("nas")
        word.write_text(WORD)
        restic = ["restic", "-r", str(self.repository), "-p", str(word), "--no-cache", "backup", "--host", "elsewhere", str(self.folder)]
        borg = ["borg", "create", f"{self.repository}::mine", str(self.folder)]
        own = {"BORG_PASSCOMMAND": f"cat {word}", "BORG_BASE_DIR": str(self.root / "person")}
        argv = restic if self.engine == "restic" else borg
        subprocess.run([TOOLS[self.engine]() / argv[0], *argv[1:]], check=True, capture_output=True, env={**os.environ, **own})
        (made,) = self.app.tools.source(self.engine).held("nas") - known
        return str(made)


@contextmanager
def running(root: Path) -> Iterator[Cluster]:
    """Everything up; everything down at the end."""
    broker, s3 = Redis(root / "broker"), S3(root / "s3")
    LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
    with ExitStack() as stack:
        for server in (broker, s3):
            stack.enter_context(server)
        login = dict(zip(("stores_s3_access_key_id", "stores_s3_secret_access_key"), s3.login(), strict=True))
        write_secrets(root / "secrets", login | {f"targets_{engine}_{engine}_password": WORD for engine in TOOLS})
        text = SETTINGS.format(root=root, broker=broker.url, bucket=BUCKET, region=REGION, endpoint=s3.url)
        for engine, real in TOOLS.items():
            tools = expiring.tools(root, engine, real())
            text += TARGET.format(engine=engine, root=root, tools=tools, stores=STORES[engine], retention=expiring.RETENTION)
        settings = root / "canvasback.toml"
        settings.write_text(text)
        os.environ["CANVASBACK_CONFIG"] = str(settings)
        cluster = Cluster(settings, root / "workers")
        cluster.environment["PYTHONPATH"] = str(Path.cwd())
        yield stack.enter_context(cluster)


def write_secrets(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(mode=0o700)
    for name, text in texts.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)


def fill(folder: Path) -> None:
    """Some files, a link, odd names and modes."""
    (folder / "deep/er").mkdir(parents=True)
    for number in range(30):
        (folder / "deep/er" / f"{number}.bin").write_bytes(Random(number).randbytes(10_000))
    (folder / "사진 1.txt").write_text("a name")
    (folder / "link").symlink_to("deep")
    (folder / "deep").chmod(0o750)


def scenario(here: Platform) -> dict[str, Any]:
    """Two backups, a loss, two restores; then what retention makes of them."""
    fill(here.folder)
    (here.folder / "old.bin").write_bytes(Random(98).randbytes(expiring.BIG))
    first = here.backup()
    if here.engine == "restic":
        here.cheapen()
    (here.folder / "old.bin").unlink()
    (here.folder / "new.bin").write_bytes(Random(99).randbytes(5000))
    before = tree(here.folder)
    second = here.backup()
    shutil.rmtree(here.folder)
    away = here.repository.with_name("away")
    if here.engine == "restic":  # the first store is lost with the folder
        here.repository.rename(away)
    other = here.root / f"{here.engine}-beside"
    beside, live = here.restore(other), here.restore(here.folder, here.engine)
    if here.engine == "restic":
        away.rename(here.repository)
    newest, oldest = here.manifests()
    return {
        "equal": [tree(other) == before, tree(here.folder) == before],
        "kinds": [newest.kind, oldest.kind],
        "shares": [dict(found.facts.extras)["share"] for found in (oldest, newest)],
        "sizes": [(int(run.note("plain")), int(run.note("stored"))) for run in (first, second)],
        "told": [run.counter("dumped.bytes") for run in (first, second)] + [beside.counter("loaded.bytes")],
        "copies": newest.segments[0].copies,
        "rows": [beside.note("rows"), live.note("rows")],
        "warnings": beside.note("warnings"),
        "expired": expiring.expired(here, here.person()),
        "left": sorted(path.name for path in here.root.iterdir() if path.name.startswith(".")),
    }


if __name__ == "__main__":
    root_ = Path(sys.argv[1])
    with running(root_) as cluster_:
        print(json.dumps({engine_: scenario(Platform(root_, engine_, cluster_)) for engine_ in TOOLS}))
