"""What a platform uses while something runs: seconds, CPU of its own and of others, the most bytes in its spool and in one process."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from compose.local.platform import Platform
from tests.bench import cpu, memory

EVERY = 0.05  # seconds between two looks


@dataclass
class Used:
    """Wall seconds; CPU seconds of servers, workers and scripts; what the rest of the machine used meanwhile, in cores; peaks in bytes."""

    wall: float = 0.0
    cpu: float = 0.0
    others: float = 0.0
    spool: int = 0
    rss: int = 0


@contextmanager
def used(here: Platform, *, spool: Path, workers: bool) -> Iterator[Used]:
    """Watch a platform while the block runs. `workers`: they do the work, so that their CPU and memory count."""
    found, over = Used(), threading.Event()
    children = here.cluster.children.values() if workers else ()
    pids = (*(server.pid for server in here.servers), *(child.pid for child in children))

    def look() -> None:
        while not over.wait(EVERY):
            found.spool = max(found.spool, _bytes(spool))
            found.rss = max([found.rss, *(memory.biggest(child.pid) for child in children)])

    watcher = threading.Thread(target=look, daemon=True)
    before = (time.monotonic(), _cpu(pids), cpu.machine(), time.process_time())
    watcher.start()
    try:
        yield found
    finally:
        after = (time.monotonic(), _cpu(pids), cpu.machine(), time.process_time())
        over.set()
        watcher.join()
        found.wall, found.cpu, busy, watching = (now - then for now, then in zip(after, before, strict=True))
        found.others = max(0.0, (busy - found.cpu - watching) / found.wall)


def _cpu(pids: tuple[int | None, ...]) -> float:
    """Of these with all below them, and of scripts that this process has waited for."""
    ended = os.times()
    return cpu.seconds(*pids) + ended.children_user + ended.children_system


def _bytes(folder: Path) -> int:
    size = 0
    with suppress(FileNotFoundError):  # a folder was removed this moment
        for file in folder.rglob("*"):
            with suppress(FileNotFoundError):  # or a file was
                size += file.stat().st_size if file.is_file() else 0
    return size
