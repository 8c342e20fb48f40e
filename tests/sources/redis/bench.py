"""A full backup of a Redis, against the customer's script of today, in turn: `python -m tests.sources.redis.bench --keys 500000`.

Theirs: `redis-cli --rdb`, `redis-check-rdb`, gzip, a checksum, a copy, and both looked at again. Ours: the real workers, every segment read
back from the store. Prints a line of JSON: seconds, CPU seconds of all processes, forks of the server; then restores and compares.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic

from redis import Redis

from tests.bench import cpu
from tests.sources.redis.conftest import TOOLS, Redis7
from tests.sources.redis.hands import digest
from tests.sources.redis.platform import Platform, running

SCRIPT = """
set -e
{tools}/redis-cli -p {port} --rdb {work}/dump.rdb > {work}/log 2>&1
{tools}/redis-check-rdb {work}/dump.rdb > {work}/check.log
gzip -f {work}/dump.rdb
(cd {work} && md5sum dump.rdb.gz > dump.rdb.gz.md5)
cp {work}/dump.rdb.gz {work}/dump.rdb.gz.md5 {store}/
(cd {store} && md5sum -c --quiet dump.rdb.gz.md5 && gunzip -t dump.rdb.gz)
"""
BATCH = 5000


@dataclass
class Used:
    """What rounds of one way took."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    forks: int = 0

    def measure(self, target: Redis7, work: Callable[[], object]) -> None:
        """One round."""
        forks, before, start = target.client().info("stats")["total_forks"], cpu.seconds(os.getpid()), monotonic()
        work()
        self.wall.append(monotonic() - start)
        self.cpu.append(cpu.seconds(os.getpid()) - before)
        self.forks = target.client().info("stats")["total_forks"] - forks

    @property
    def row(self) -> dict[str, float]:
        return {"seconds": round(median(self.wall), 2), "cpu": round(median(self.cpu), 2), "forks": self.forks}


def fill(target: Redis7, keys: int) -> None:
    """Sessions as a web application keeps them: half a kilobyte of text, some of it random; half of them expire in a day."""
    for first in range(0, keys, BATCH):
        pipe = target.client().pipeline(transaction=False)
        for number in range(first, min(first + BATCH, keys)):
            cart = [{"id": number * 7 % 5000 + item, "title": f"게시글 {number % 997} {item}", "seen": True} for item in range(number % 6)]
            value = {"user": number, "token": secrets.token_hex(24), "name": f"user{number}", "locale": "ko_KR", "recent": cart}
            pipe.set(f"session:{number:08}", json.dumps(value, ensure_ascii=False), ex=86400 if number % 2 else None)
        pipe.execute()


def compare(here: Platform, rounds: int) -> dict[str, object]:
    """Rounds in turn; each begins with the other side."""
    work, store = here.root / "work", here.root / "store"
    work.mkdir()
    store.mkdir()
    script = SCRIPT.format(tools=TOOLS, port=here.target.port, work=work, store=store)
    environment = os.environ | {"REDISCLI_AUTH": here.target.password}
    sides = [
        (Used(), lambda: subprocess.run(["bash", "-o", "pipefail", "-c", script], check=True, env=environment)),
        (Used(), here.backup),
    ]
    for number in range(rounds):
        for used, way in sides if number % 2 == 0 else reversed(sides):
            used.measure(here.target, way)
    (naive, _), (ours, _) = sides
    ratios = [theirs / mine for theirs, mine in zip(naive.wall, ours.wall, strict=True)]
    return {"naive": naive.row, "ours": ours.row, "ratio": round(median(ratios), 2), "ratios": [round(ratio, 2) for ratio in ratios]}


def main() -> int:
    """Measure, then delete everything, restore, and compare."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--keys", type=int, default=500_000)
    asked.add_argument("--rounds", type=int, default=3)
    wish = asked.parse_args()
    root = Path(tempfile.mkdtemp(prefix="redis-bench-"))
    try:
        with running(root, Redis7(root / "target")) as here:
            fill(here.target, wish.keys)
            found = compare(here, wish.rounds)
            client = Redis(
                port=here.target.port, password=here.target.password, socket_timeout=300
            )  # a digest of everything takes its time
            before, size = digest(client), client.dbsize()
            client.flushall()
            start = monotonic()
            here.restore()
            took, equal = monotonic() - start, digest(client) == before
            print(json.dumps({**found, "keys": size, "restore": round(took, 2), "equal": equal}), flush=True)
            return 0 if equal else 1
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
