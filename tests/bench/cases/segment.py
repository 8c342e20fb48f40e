"""What Celery and Redis cost for one segment: CPU milliseconds of workers and Redis for four steps, and memory over a long run.

Three ways are told apart. `naive`: four empty steps on Celery as it comes. `empty_ms`: the same on the product's application; the
difference is the price of settings, transport and base task. `ours`: the real canvas over a synthetic source of 1 kB segments, less
`hands_ms`, what the same hands cost in one process without Celery; that adds the chord that grows, the ledger and the spool's turns.
"""

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from celery import Celery

from compose.local.cluster import READY
from tests.bench import cpu, empty
from tests.bench.empty import stock
from tests.bench.long import Long
from tests.bench.pairs import Row
from tests.synthetic.platform import Platform, running
from tests.synthetic.source import Options
from workers.artifact import Kind, Run, Segment, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.tools import Tools
from workers.settings import load
from workers.topology import segments_queue

ALONE = 300  # segments that the hands make without Celery
EMPTY = 500  # segments of one round of empty steps
PATIENCE = 300.0  # seconds for a round of them
OURS, STOCK = "segments@db1", "stock@db1"


def measure(rounds: int, segments: int) -> Row:
    """Milliseconds of CPU for each segment in every way, and how memory grew."""
    targets = {"many": Options(segments=segments), "few": Options(segments=ALONE)}
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder, running(Path(folder), targets) as here:
        tools = Tools(load(here.settings))
        workers(here)
        naive, ours = rounds_of_empty(here, rounds)
        hands = without_celery(tools)
        long = Long(here, tools, segments).run()
    whole = long.milliseconds - hands
    return {
        "naive": median(naive),
        "ours": whole,
        "ratio": median(naive) / whole,
        "n": rounds,
        "empty_ms": median(ours),
        "empty_ratio": median(plain / hardened for plain, hardened in zip(naive, ours, strict=True)),
        "hands_ms": hands,
        **long.row(),
    }


def workers(here: Platform) -> None:
    """One more worker with stock settings; the one of the segments knows the empty steps, too."""
    here.cluster.environment[stock.BROKER] = broker(here)
    here.cluster.kill(OURS)
    lines = {
        OURS: ["celery", "-A", "tests.bench.empty.ours", "worker", "-n", OURS, "-Q", segments_queue("db1")],
        STOCK: ["celery", "-A", "tests.bench.empty.stock", "worker", "-n", STOCK, "-c", str(os.cpu_count()), "-l", "INFO"],
    }
    for name, line in lines.items():
        here.cluster.spawn(name, line)
    end = time.monotonic() + 60
    while not all(READY in here.cluster.log(name).read_text() for name in lines):
        if time.monotonic() > end:
            raise TimeoutError(f"{' and '.join(lines)} are not ready after 60 s; their logs are in {here.cluster.folder}")
        time.sleep(0.1)


def broker(here: Platform) -> str:
    """The database of the same Redis that stock Celery has for itself."""
    return here.redis.url.removesuffix("/0") + "/1"


def rounds_of_empty(here: Platform, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds for each segment of empty steps: stock and ours, in turn."""
    os.environ["CANVASBACK_CONFIG"] = str(here.settings)
    from tests.bench.empty import ours  # from here on the product's application knows empty steps: only where they are wanted

    plain = stock.made(broker(here))
    ways: tuple[Callable[[], float], Callable[[], float]] = (
        lambda: cost_of_empty(here, plain, STOCK, "celery"),
        lambda: cost_of_empty(here, ours.app, OURS, segments_queue("db1")),
    )
    for way in ways:
        way()  # the first messages of a worker open its connections
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            found[which].append(ways[which]())
    return found


def cost_of_empty(here: Platform, app: Celery, worker: str, queue: str) -> float:
    """Milliseconds of one segment: the worker's, Redis's, and this process's, which sends."""
    pids = (here.cluster.children[worker].pid, here.redis.pid)
    before, own = cpu.seconds(*pids), time.process_time()
    done = empty.canvas(app, EMPTY, queue).apply_async().get(timeout=PATIENCE)
    if done != EMPTY:
        raise RuntimeError(f"{EMPTY} empty segments were sent, {done} came to the end")
    return 1000 * (cpu.seconds(*pids) - before + time.process_time() - own) / EMPTY


def without_celery(tools: Tools) -> float:
    """Milliseconds for each segment of what the steps do, in this process."""
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
