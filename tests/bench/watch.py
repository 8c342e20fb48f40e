"""The most bytes that lie in a folder while something runs, looked at every 20 ms."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Peak:
    """The most bytes seen."""

    bytes: int = 0


@contextmanager
def peak(folder: Path) -> Iterator[Peak]:
    """Watch a folder while the block runs."""
    found, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            size = 0
            for file in folder.rglob("*"):
                with suppress(FileNotFoundError):  # it was removed this moment
                    size += file.stat().st_size if file.is_file() else 0
            found.bytes = max(found.bytes, size)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()
