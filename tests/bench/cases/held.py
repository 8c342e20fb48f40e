"""For how long a dump holds commits, in milliseconds: from asking for the lock until writers can go on. Without load, and under it.

The load is two writers on one hot row and a growing table; `stall_ms_most` is their longest transaction meanwhile. There is no naive way
to compare with: `mysqldump --master-data` holds them as long, and cannot share its snapshot.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median

from tests.bench.pairs import Row
from tests.bench.stage import Stage
from workers.bench.tools import Tools
from workers.settings import load
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.session import Server, open_server, rows

LEAST = 20  # snapshots without load, and as many under it: a median of three says nothing about a lock
WRITERS = 2  # more on one row, and FLUSH TABLES WITH READ LOCK hardly ever finds a moment: see lock_wait
DATABASE = "held"


def measure(stage: Stage) -> Row:
    """At least 20 snapshots of each kind."""
    tools, times = Tools(load(stage.here.settings)), max(LEAST, stage.rounds)
    server = open_server(tools.target("community").options, tools.settings.secret("targets_community_mysql_password"))
    stage.here.database.run(
        f"CREATE DATABASE {DATABASE}",
        f"CREATE TABLE {DATABASE}.hot (i INT PRIMARY KEY, n INT)",
        f"INSERT INTO {DATABASE}.hot VALUES (1, 0)",
        f"CREATE TABLE {DATABASE}.ledger (i INT PRIMARY KEY AUTO_INCREMENT, n INT)",
    )
    quiet = [held(server) for _ in range(times)]
    with writing(stage) as stalls:
        loaded = [held(server) for _ in range(times)]
    stage.here.database.run(f"DROP DATABASE {DATABASE}")
    return {
        "n": times,
        "held_ms": 1000 * median(seconds for seconds, _ in quiet),
        "held_ms_most": 1000 * max(seconds for seconds, _ in quiet),
        "held_load_ms": 1000 * median(seconds for seconds, _ in loaded),
        "held_load_ms_most": 1000 * max(seconds for seconds, _ in loaded),
        "stall_ms_most": 1000 * max(stalls),
        "commits": len(stalls),
        "processes": max(count for _, count in (*quiet, *loaded)),
        "load_before": os.getloadavg()[0],
    }


def held(server: Server) -> tuple[float, int]:
    """Seconds of one snapshot over as many streams as there are cores, and how many processes opened it."""
    with open_dump(server, os.cpu_count() or 1) as dump:
        return dump.snapshot.held, len(dump.snapshot.streams)


@contextmanager
def writing(stage: Stage) -> Iterator[list[float]]:
    """Writers while the block runs, and the seconds of each of their transactions."""
    stalls, stop = [0.0], threading.Event()

    def write() -> None:
        with closing(stage.here.database.admin()) as session:
            rows(session, f"USE {DATABASE}")
            while not stop.is_set():
                began = time.monotonic()
                for statement in ("BEGIN", "UPDATE hot SET n = n + 1", "INSERT INTO ledger SELECT NULL, n FROM hot", "COMMIT"):
                    rows(session, statement)
                stalls.append(time.monotonic() - began)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield stalls
    finally:
        stop.set()
        for thread in threads:
            thread.join()
