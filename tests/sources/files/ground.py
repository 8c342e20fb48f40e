"""A platform with one host of role `files`, and its runs step by step: cut, compressed, encrypted, stored, proven, and back again."""

from pathlib import Path

import pyrage
from redis import Redis as Client

from workers.artifact import Kind, Order, Run, encode, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.restore import Restore
from workers.bench.tools import Tools
from workers.catalog.index import find
from workers.catalog.ledger import Entry
from workers.catalog.manifest import Manifest
from workers.settings import load
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

SETTINGS = """
secrets_dir = "{folder}/secrets"
spool = {{ path = "{folder}/spool", bytes = "24MiB" }}
[broker]
url = "{broker}"
[hosts.files1]
role = "files"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{folder}/nas"
[plans.files]
required = ["nas"]
recipients = {recipients}
[targets.uploads]
source = "files"
host = "files1"
plan = "files"
[targets.uploads.files]
path = "{folder}/uploads"
"""
IDENTITY = pyrage.x25519.Identity.generate()


def platform(folder: Path, broker: str, *, encrypted: bool) -> Tools:
    """Such a platform in a folder; its broker is emptied."""
    Client.from_url(broker).flushdb()
    recipients = f'["{IDENTITY.to_public()}"]' if encrypted else "[]"
    (folder / "canvasback.toml").write_text(SETTINGS.format(folder=folder, broker=broker, recipients=recipients))
    (folder / "secrets").mkdir(mode=0o700)
    give_identity(folder)
    LocalStore("nas", LocalOptions(path=folder / "nas")).initialise()
    return Tools(load(folder / "canvasback.toml"))


def give_identity(folder: Path) -> None:
    """Let the host open what is encrypted."""
    (folder / "secrets" / "age_identity").touch(mode=0o600)
    (folder / "secrets" / "age_identity").write_text(str(IDENTITY))


def take_identity(folder: Path) -> None:
    """A host that backs up need not be able to open its backups."""
    (folder / "secrets" / "age_identity").unlink()


def back_up(tools: Tools, kind: Kind = Kind.FULL) -> Manifest:
    """One backup, step by step, each segment through all steps before the next is cut."""
    run = Run(new_run_id(), "backup", "uploads", "files1", "", kind)
    run = Run(run.id, run.work, run.target, run.host, new_backup_id(kind, run.opened), kind)
    tools.ledger.open(run, "data:uploads")
    backup = Backup(tools, run.id)
    backup.begin()
    done = []
    for segment in backup.segments():
        step = Backup(tools, run.id)  # each step runs in a process of its own
        done.append(step.verify(step.upload(step.compress(step.checksum(segment)))))
    sealed = Backup(tools, run.id).seal([encode(backup.dumped()), *map(encode, done)])
    return manifest_of(tools, sealed)


def manifest_of(tools: Tools, backup: str) -> Manifest:
    return find(tools.stores_of("uploads"), "uploads", backup).manifest


def bring_back(tools: Tools, backup: str, into: Path, **changes: object) -> Entry:
    """Restore it, step by step."""
    manifest = manifest_of(tools, backup)
    order = Order(backup, manifest.facts.place, str(into), manifest.facts, **changes)  # type: ignore[arg-type]
    run = Run(new_run_id(), "restore", "uploads", "files1", backup, order=order)
    tools.ledger.open(run, "restore:files1")
    restore = Restore(tools, run.id)
    restore.begin()
    loaded = []
    for segment in restore.segments():
        step = Restore(tools, run.id)
        loaded.append(step.load(step.decompress(step.verify(step.fetch(segment)))))
    Restore(tools, run.id).finish([0, *loaded])
    return tools.ledger.entry(run.id)
