"""What Celery and Redis cost for one segment: CPU of every process, Redis's memory and the workers', over a run of many tiny segments.

A synthetic source cuts segments of 1 kB, so that what is measured is the way itself: four tasks, their messages, the chord, the ledger.
What the same hands cost without Celery, in one process, is taken off: hashing, compressing, files, store.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.bench.cpu import seconds
from tests.synthetic.platform import Platform, running
from tests.synthetic.source import Options
from tests.system.conftest import client
from workers.artifact import Kind, Run, Segment, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.tools import Tools
from workers.settings import load
from workers.topology import CONTROL

SEGMENTS = int(os.environ.get("SEGMENTS", "10000"))
ALONE = 300  # segments that the same hands make without Celery
TEN_GB_SEGMENTS = 80 + 6  # of 128 MiB, after the ramp of 16, 32 and 64
TEN_GB_CPU = 28.3 / 1.707e9 * 10e9  # CPU seconds of a verified backup of 10 GB of SQL (best variant measured at 1.7 GB)


@dataclass(frozen=True)
class Sample:
    """How much memory there was after so many segments, in bytes."""

    segments: int
    redis: int
    worker: int


def measure() -> dict[str, float]:
    """Milliseconds of CPU for each segment, its share of a run of 10 GB, and how memory grew."""
    targets = {"many": Options(segments=SEGMENTS), "few": Options(segments=ALONE)}
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder, running(Path(folder), targets) as here:
        tools = Tools(load(here.settings))
        alone = hands(tools)
        before = (workers(here), seconds(here.redis.pid))
        samples = run(here, tools)
        spent = [now - then for now, then in zip((workers(here), seconds(here.redis.pid)), before, strict=True)]
    celery, redis = (1000 * part / SEGMENTS for part in spent)
    share = (celery - alone + redis) / 1000 * TEN_GB_SEGMENTS / TEN_GB_CPU
    return {
        "n": SEGMENTS,
        "celery_ms": celery - alone,
        "hands_ms": alone,
        "redis_ms": redis,
        "share_of_10_gb": share,
        **growth(samples),
    }


def workers(here: Platform) -> float:
    """CPU seconds of all workers, those of their ended children included."""
    return sum(seconds(child.pid) for child in here.cluster.children.values())


def hands(tools: Tools) -> float:
    """Milliseconds for each segment of what the steps do, without Celery."""
    run = Run(new_run_id(), "backup", "few", "db1", new_backup_id(Kind.FULL, datetime.now(UTC)))
    tools.ledger.open(run)
    work, began = Backup(tools, run.id), time.process_time()
    for segment in work.segments():
        proven: Segment = segment
        for step in (work.checksum, work.compress, work.upload, work.verify):
            proven = step(proven)
    spent = time.process_time() - began
    tools.room.clear(run.id)
    tools.ledger.close(run.id, "failed")
    tools.ledger.alert(run.id, "undelivered: it was none")
    return 1000 * spent / ALONE


def run(here: Platform, tools: Tools) -> list[Sample]:
    """One run of many segments, looked at twenty times a second at most."""
    run, samples, step = new_run_id(), list[Sample](), max(1, SEGMENTS // 10)
    client(tools.settings).send_task("start.backup", ("many", "full", None, run), queue=CONTROL)
    redis = here.redis.client()
    while True:
        time.sleep(0.05)
        done = int(float(redis.hget(f"canvasback:ledger:run:{run}", "count:verified.segments") or 0))
        if done >= (len(samples) + 1) * step:
            samples.append(Sample(done, redis.info("memory")["used_memory"], max(map(rss, here.cluster.children.values()))))
        state = (redis.hget(f"canvasback:ledger:run:{run}", "state") or b"open").decode()
        if state == "done":
            return samples
        if state != "open":
            raise RuntimeError(f"the run {state}: {tools.ledger.entry(run).reason}")


def rss(child: object) -> int:
    """Resident bytes of the biggest process of a worker."""
    main = psutil.Process(child.pid)  # type: ignore[attr-defined]
    return max(process.memory_info().rss for process in (main, *main.children(recursive=True)))


def growth(samples: list[Sample]) -> dict[str, float]:
    """Bytes that Redis and the biggest worker process grew by for each segment, from the second tenth on."""
    first, last = samples[1], samples[-1]
    count = last.segments - first.segments
    return {
        "redis_bytes_per_segment": (last.redis - first.redis) / count,
        "worker_bytes_per_segment": (last.worker - first.worker) / count,
        "redis_mib": last.redis / 2**20,
        "worker_mib": last.worker / 2**20,
    }
