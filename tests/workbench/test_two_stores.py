"""A backup in two stores: where the copy in the first is bad, gone or out of reach, that is noted and the second's is taken."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis as Client

from compose.local.redis import Redis
from compose.local.s3 import BUCKET, S3
from tests.catalog.samples import DATA, FACTS, FULL, SCHEMA
from workers.artifact import Order, Run, new_run_id
from workers.bench.restore import Restore
from workers.bench.tools import Tools
from workers.catalog.manifest import manifest_key, seal, segment_key
from workers.errors import Corrupt, Permanent
from workers.settings import load
from workers.spool import files
from workers.transforms.checksum import form_of

BODY = b"INSERT INTO users VALUES (1);" * 1000
SETTINGS = """
secrets_dir = "{folder}/secrets"
spool = {{ path = "{folder}/spool" }}
[broker]
url = "{broker}"
[hosts.db1]
role = "database"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{folder}/nas"
[stores.s3]
kind = "s3"
bucket = "{bucket}"
prefix = "{prefix}"
endpoint_url = "{endpoint}"
[plans.database]
required = ["nas", "s3"]
[targets.community]
source = "mysql"
host = "db1"
plan = "database"
[targets.community.mysql]
socket = "/run/mysqld/mysqld.sock"
user = "canvasback"
databases = ["community"]
"""
PARTS = tuple(replace(part, stored=form_of(BODY), copies=("nas", "s3")) for part in (SCHEMA, DATA))
SEALED = replace(FULL, segments=PARTS, required=("nas", "s3"))
SEGMENT = PARTS[1]
KEY = segment_key("community", FULL.id, SEGMENT)
MANIFEST = manifest_key("community", FULL.id)


@pytest.fixture
def tools(redis: Redis, s3: S3, tmp_path: Path) -> Tools:
    """The tools of a platform with one backup, sealed in both its stores."""
    Client.from_url(redis.url).flushdb()
    file, secrets = tmp_path / "canvasback.toml", tmp_path / "secrets"
    file.write_text(SETTINGS.format(folder=tmp_path, broker=redis.url, bucket=BUCKET, prefix=new_run_id(), endpoint=s3.url))
    for name, text in zip(("access_key_id", "secret_access_key"), s3.login(), strict=True):
        secrets.mkdir(exist_ok=True)
        (secrets / f"stores_s3_{name}").touch(mode=0o600)
        (secrets / f"stores_s3_{name}").write_text(text)
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / ".canvasback-store").touch()
    made = Tools(load(file))
    for store in made.stores_of("community"):
        for part in PARTS:
            store.put(segment_key("community", FULL.id, part), BODY, form_of(BODY))
        store.put(MANIFEST, seal(SEALED), form_of(seal(SEALED)))
    return made


@pytest.fixture
def restore(tools: Tools) -> Restore:
    run = Run(new_run_id(), "restore", "community", "db1", FULL.id, order=Order(FULL.id, "community", "copy", FACTS))
    tools.ledger.open(run, "restore:db1")
    assert tools.room.reserve(run.id, SEGMENT.number, 2 * len(BODY))
    return Restore(tools, run.id)


def flip(path: Path) -> None:
    path.write_bytes(b"\0" + path.read_bytes()[1:])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


HARMS: dict[str, tuple[Callable[[Path], None], str]] = {
    "flipped": (flip, f"segment {SEGMENT.file} in nas has {len(BODY)} bytes with SHA-256"),
    "cut": (cut, f"segment {SEGMENT.file} in nas has {len(BODY) - 1} bytes"),
    "gone": (Path.unlink, f"store nas has no object {KEY}"),
}


def fetched(restore: Restore) -> bytes:
    return files.stored(restore.tools.room, restore.run.id, restore.fetch(SEGMENT)).read_bytes()


def notes(restore: Restore) -> dict[str, str]:
    """The bad copies that were noted."""
    return {name: words for name, words in restore.ledger.entry(restore.run.id).notes if name.startswith("bad:")}


def test_a_good_copy_is_taken_from_the_first_store_and_nothing_is_noted(restore: Restore) -> None:
    assert (fetched(restore), notes(restore)) == (BODY, {})


@pytest.mark.parametrize(("harm", "told"), HARMS.values(), ids=HARMS)
def test_a_bad_copy_is_noted_and_the_second_stores_is_taken(
    restore: Restore, tmp_path: Path, harm: Callable[[Path], None], told: str
) -> None:
    harm(tmp_path / "nas" / KEY)
    assert fetched(restore) == BODY
    ((name, words),) = notes(restore).items()
    assert name == f"bad:nas/{KEY}"
    assert told in words


def test_a_store_that_is_not_mounted_is_passed_over(restore: Restore, tmp_path: Path) -> None:
    assert restore.entry.stores  # found while both were there
    (tmp_path / "nas" / ".canvasback-store").unlink()
    assert fetched(restore) == BODY
    assert "Is the disk mounted?" in notes(restore)[f"bad:nas/{KEY}"]


def test_a_backup_whose_first_store_is_lost_is_found_in_the_second(restore: Restore, tmp_path: Path) -> None:
    (tmp_path / "nas" / ".canvasback-store").unlink()
    assert fetched(restore) == BODY
    assert [store.name for store in restore.entry.stores] == ["s3"]


def lose_the_note(path: Path) -> None:
    path.with_name(f"{path.name}.note").unlink()


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("harm", [flip, cut])
def test_a_fetched_file_that_changed_in_the_spool_is_found_by_verify(restore: Restore, harm: Callable[[Path], None], noted: bool) -> None:
    stored = files.stored(restore.tools.room, restore.run.id, restore.verify(restore.fetch(SEGMENT)))
    if not noted:
        lose_the_note(stored)
        restore.verify(SEGMENT)  # by its SHA-256
    harm(stored)
    with pytest.raises(Corrupt, match=rf"segment {SEGMENT.file} in the spool has"):
        restore.verify(SEGMENT)


def test_the_note_of_a_fetched_file_goes_with_it(restore: Restore) -> None:
    restore.fetch(SEGMENT)
    files.remove(restore.tools.room, restore.run.id, SEGMENT)
    assert list(restore.tools.room.folder(restore.run.id).iterdir()) == []


def test_without_any_good_copy_every_store_is_named(restore: Restore, tools: Tools, tmp_path: Path) -> None:
    flip(tmp_path / "nas" / KEY)
    tools.store("s3").remove(KEY)
    with pytest.raises(Corrupt, match=f"in nas has .*; store s3 has no object {KEY}"):
        restore.fetch(SEGMENT)


def test_proving_beforehand_reads_every_segment_and_notes_what_is_bad(restore: Restore, tools: Tools, tmp_path: Path) -> None:
    cut(tmp_path / "nas" / KEY)
    restore.prove()
    assert list(notes(restore)) == [f"bad:nas/{KEY}"]
    tools.store("s3").remove(KEY)
    with pytest.raises(Permanent):
        restore.prove()
