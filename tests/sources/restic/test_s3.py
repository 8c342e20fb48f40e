"""A repository of restic in a real S3 server: what a dead worker left there, and what is removed from it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from compose.local.s3 import BUCKET, REGION
from tests.sources.engine.forgetting import held, snapshot
from tests.sources.engine.hands import take
from tests.sources.restic.test_locks import reaped, reaper  # noqa: F401  # a fixture
from tests.waiting import until
from workers.bench.tools import answering
from workers.errors import Transient
from workers.ports import Share
from workers.stores.options import S3Options
from workers.stores.s3 import S3Store
from workers.transforms.checksum import form_of

KILLED = """
import sys
from pydantic import SecretStr
from workers.artifact import Kind
from workers.ports import Address
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.source import ResticSource
path, tools, state, place, region, word = sys.argv[1:]
login = tuple(SecretStr(line.strip()) for line in sys.stdin)
there = Address("s3", "s3", place, login, region, "path")
with ResticSource(ResticOptions(path=path, tools=tools, state=state), SecretStr(word), addresses=(there,)).dump(Kind.FULL) as dump:
    list(dump.parts())
"""


@pytest.fixture
def store(s3, tmp_path):
    key, secret = s3.login()
    options = S3Options.model_validate({"bucket": BUCKET, "prefix": tmp_path.name, "region": REGION, "endpoint_url": s3.url})
    return S3Store("s3", options, SecretStr(key), SecretStr(secret))


@pytest.fixture
def bucket(made, store):
    """The same ground with its first repository in the bucket."""
    folder, place = "repositories/uploads/restic", made.repository()
    for path in (path for path in place.rglob("*") if path.is_file()):
        store.put(f"{folder}/{path.relative_to(place)}", path, form_of(path))
    cached = made.with_(cache=made.root / "cache")
    return replace(cached, addresses=(answering(store, folder),))


def stored(store):
    """Bytes of all objects of the repository."""
    return sum(found.bytes for found in store.list("repositories/uploads/restic/"))


def locks(store):
    return [found.key for found in store.list("repositories/uploads/restic/locks/")]


@pytest.mark.usefixtures("reaper")
def test_a_lock_of_a_dead_worker_in_a_bucket_is_removed_one_of_a_stranger_never_and_old_snapshots_go(bucket, store):
    folder, address = bucket.root / "slow", bucket.addresses[0]
    folder.mkdir()
    (folder / "restic").write_text(f'#!/bin/sh\nexec {bucket.options.tools}/restic --limit-upload 20 "$@"\n')
    (folder / "restic").chmod(0o755)
    (bucket.path / "big.bin").write_bytes(os.urandom(3_000_000))
    words = (bucket.path, folder, bucket.options.state, address.place, address.region, bucket.word)
    child = subprocess.Popen([sys.executable, "-c", KILLED, *map(str, words)], cwd=Path.cwd(), stdin=subprocess.PIPE)
    child.stdin.write("\n".join(part.get_secret_value() for part in address.login).encode())
    child.stdin.close()
    until(lambda: locks(store))
    (mark,) = bucket.options.state.iterdir()
    child.kill()
    child.wait()
    until(lambda: reaped(int(mark.name.split(".")[0])))
    (left,) = locks(store)
    (bucket.path / "big.bin").unlink()
    strange = bucket.with_(state=bucket.root / "another")  # to it, nobody's process has made that lock
    taken = take(strange)
    with pytest.raises(Transient, match=r"store s3: .* is locked by process"):
        strange.source.audit(taken.segment, "s3", None)
    assert locks(store) == [left]
    bucket.source.audit(taken.segment, "s3", Share(1, 1))
    assert locks(store) == []
    (bucket.path / "another").write_bytes(os.urandom(1 << 20))
    middle = take(bucket)
    (bucket.path / "another").unlink()
    newest, before = take(bucket), stored(store)
    bucket.source.forget(frozenset({snapshot(middle)}), snapshot(newest))
    assert held(bucket) == {snapshot(taken), snapshot(newest)}
    assert stored(store) < before - 900_000
    bucket.source.audit(newest.segment, "s3", Share(1, 1))
