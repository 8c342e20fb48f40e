"""A folder through the steps themselves: cut, compressed, encrypted, stored, proven, and back again."""

import pyrage
import pytest
from redis import Redis as Client

from tests.sources.files.hands import picture
from workers.artifact import Kind, Order, Run, encode, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.restore import Restore
from workers.bench.tools import Tools
from workers.catalog.index import find
from workers.errors import Corrupt
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


@pytest.fixture(params=[(), (str(IDENTITY.to_public()),)], ids=["plain", "encrypted"])
def tools(request, redis, root, tmp_path):
    """A platform with one host of role `files`."""
    Client.from_url(redis.url).flushdb()
    recipients = str(list(request.param)).replace("'", '"')
    (tmp_path / "canvasback.toml").write_text(SETTINGS.format(folder=tmp_path, broker=redis.url, recipients=recipients))
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "secrets" / "age_identity").touch(mode=0o600)
    (tmp_path / "secrets" / "age_identity").write_text(str(IDENTITY))
    LocalStore("nas", LocalOptions(path=tmp_path / "nas")).initialise()
    return Tools(load(tmp_path / "canvasback.toml"))


def back_up(tools):
    """One full backup, step by step, each segment through all steps before the next is cut."""
    run = Run(new_run_id(), "backup", "uploads", "files1", "", Kind.FULL)
    run = Run(run.id, run.work, run.target, run.host, new_backup_id(Kind.FULL, run.opened), Kind.FULL)
    tools.ledger.open(run, "data:uploads")
    backup = Backup(tools, run.id)
    backup.begin()
    done = [backup.verify(backup.upload(backup.compress(backup.checksum(segment)))) for segment in backup.segments()]
    return backup.seal([encode(backup.dumped()), *map(encode, done)])


def bring_back(tools, backup, into):
    """Restore it, step by step."""
    manifest = find(tools.stores_of("uploads"), "uploads", backup).manifest
    order = Order(backup, manifest.facts.place, str(into), manifest.facts)
    run = Run(new_run_id(), "restore", "uploads", "files1", backup, order=order)
    tools.ledger.open(run, "restore:files1")
    restore = Restore(tools, run.id)
    restore.begin()
    loaded = [restore.load(restore.decompress(restore.verify(restore.fetch(segment)))) for segment in restore.segments()]
    restore.finish([0, *loaded])
    return tools.ledger.entry(run.id)


def test_a_folder_goes_through_every_step_and_comes_back_as_it_was(tools, root, tmp_path):
    before = picture(root)
    entry = bring_back(tools, back_up(tools), tmp_path / "out")
    assert entry.state == "done"
    assert picture(tmp_path / "out") == before


def test_a_damaged_index_is_found_before_anything_is_made(tools, tmp_path):
    backup = back_up(tools)
    index = next((tmp_path / "nas").rglob("*.index.*"))
    index.chmod(0o600)
    index.write_bytes(index.read_bytes()[:-9])
    with pytest.raises(Corrupt, match=r"index\.zst.* in nas has"):
        bring_back(tools, backup, tmp_path / "out")
    assert not (tmp_path / "out").exists()
