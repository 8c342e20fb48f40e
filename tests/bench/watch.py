"""What a platform uses while something runs: the most bytes in its spool, its CPU seconds, the memory of its biggest worker process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from compose.local.platform import Platform
from tests.bench.cpu import seconds

EVERY = 0.05  # seconds between two looks


@dataclass
class Used:
    """The most bytes seen in the spool and in one worker process; CPU seconds of servers and workers."""

    spool: int = 0
    rss: int = 0
    cpu: float = 0.0


@contextmanager
def used(here: Platform) -> Iterator[Used]:
    """Watch a platform while the block runs."""
    found, over, before = Used(), threading.Event(), _cpu(here)

    def look() -> None:
        while not over.wait(EVERY):
            found.spool = max(found.spool, _bytes(here.root / "spool"))
            found.rss = max(found.rss, *(_rss(child.pid) for child in here.cluster.children.values()))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()
        found.cpu = _cpu(here) - before


def _cpu(here: Platform) -> float:
    pids = (*(server.pid for server in here.servers), *(child.pid for child in here.cluster.children.values()))
    return sum(seconds(pid) for pid in pids)


def _bytes(folder: Path) -> int:
    size = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it was removed this moment
            size += file.stat().st_size if file.is_file() else 0
    return size


def _rss(pid: int) -> int:
    with suppress(psutil.Error):  # it ended meanwhile
        main = psutil.Process(pid)
        own = [process for process in (main, *main.children()) if "celery" in " ".join(process.cmdline())]
        return max((process.memory_info().rss for process in own), default=0)
    return 0
