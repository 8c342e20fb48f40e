"""A full backup of a Redis, against the customer's script: `redis-cli --rdb`, `redis-check-rdb`, gzip, a checksum, a copy, checks.

Ours are the real workers, every segment read back from the store. After the pairs everything is deleted, restored and compared.
"""

import json
import os
import secrets
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from time import monotonic

from tests.bench.pairs import Pairs, Row, Way
from tests.single import Platform, Wish, running
from tests.sources.redis.conftest import TOOLS, Redis7
from tests.sources.redis.hands import digest
from workers.errors import Permanent

KEYS = 500_000
BATCH = 5000
SCRIPT = """
set -e
{tools}/redis-cli -p {port} --rdb {work}/dump.rdb > {work}/log 2>&1
{tools}/redis-check-rdb {work}/dump.rdb > {work}/check.log
gzip -f {work}/dump.rdb
(cd {work} && md5sum dump.rdb.gz > dump.rdb.gz.md5)
cp {work}/dump.rdb.gz {work}/dump.rdb.gz.md5 {store}/
(cd {store} && md5sum -c --quiet dump.rdb.gz.md5 && gunzip -t dump.rdb.gz)
"""


def measure(rounds: int, keys: int = KEYS) -> Row:
    """Pairs over so many sessions; how often each way made the server fork, and how long the restore took, which is proven equal."""
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder, Redis7(Path(folder) / "target") as server:
        options = {"host": "127.0.0.1", "port": server.port, "tools": str(TOOLS), "scratch": f"{folder}/scratch"}
        fill(server, keys)
        with running(Path(folder), Wish(server, "sessions", "redis", "database", server.password, options)) as here:
            return compare(here, server, rounds) | {"keys": float(keys), "restore": restored(here, server)}


def compare(here: Platform, server: Redis7, rounds: int) -> Row:
    """As many pairs as asked for; the server may fork once for a backup of ours."""
    work, store, pairs = here.root / "work", here.root / "store", Pairs()
    for place in (work, store):
        place.mkdir()
    naive = Way(partial(script, server, work, store), work, workers=False)
    ours = Way(here.backup, here.root / "spool", workers=True)
    before = forks(server)
    for _ in range(rounds):
        pairs.round(here, naive, ours)
    return pairs.row() | {"forks": (forks(server) - before) / (2 * rounds)}


def script(server: Redis7, work: Path, store: Path) -> None:
    """Theirs."""
    text = SCRIPT.format(tools=TOOLS, port=server.port, work=work, store=store)
    subprocess.run(["bash", "-o", "pipefail", "-c", text], check=True, env=os.environ | {"REDISCLI_AUTH": server.password})


def restored(here: Platform, server: Redis7) -> float:
    """Seconds of a restore into the emptied server. Permanent where anything differs."""
    with server.client() as client:
        client.get_connection_kwargs()["socket_timeout"] = 300  # a digest of everything takes its time
        before = digest(client)
        client.flushall()
        start = monotonic()
        here.restore()
        took = monotonic() - start
        if digest(client) != before:
            raise Permanent("a restore said that it was done, and the keys differ from what was backed up")
    return took


def forks(server: Redis7) -> int:
    """How often a server forked since it began."""
    with server.client() as client:
        return int(client.info("stats")["total_forks"])


def fill(server: Redis7, keys: int) -> None:
    """Sessions as a web application keeps them: half a kilobyte of text, some of it random; half of them expire in a day."""
    with server.client() as client:
        for first in range(0, keys, BATCH):
            pipe = client.pipeline(transaction=False)
            for number in range(first, min(first + BATCH, keys)):
                cart = [
                    {"id": number * 7 % 5000 + item, "title": f"게시글 {number % 997} {item}", "seen": True} for item in range(number % 6)
                ]
                value = {"user": number, "token": secrets.token_hex(24), "name": f"user{number}", "locale": "ko_KR", "recent": cart}
                pipe.set(f"session:{number:08}", json.dumps(value, ensure_ascii=False), ex=86400 if number % 2 else None)
            pipe.execute()
