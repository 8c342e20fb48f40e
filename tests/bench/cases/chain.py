"""One small file out of a chain of backups: how many bytes are read from the store for it, by the steps themselves in this process."""

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from tests.bench.folder import Folder
from tests.bench.pairs import Row
from workers.artifact import Order, Run, new_run_id
from workers.bench.restore import Restore
from workers.bench.tools import Tools
from workers.catalog import index
from workers.errors import Permanent
from workers.ports import Store
from workers.settings import load

LATER = 3  # incremental backups behind the full one


@dataclass
class Counted:
    """A store that counts the bytes that are read from it."""

    inner: Store
    read: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """See Store."""
        with self.inner.open(key) as copy:
            yield cast(BinaryIO, io.BufferedReader(_Reader(copy, self.read), 1 << 20))


class _Reader(io.RawIOBase):
    def __init__(self, inner: BinaryIO, read: list[int]) -> None:
        self._inner, self._read = inner, read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """As many bytes as there are, counted."""
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._read.append(len(data))
        return len(data)


class Hands(Tools):
    """Tools whose store counts."""

    counted: Counted | None = None

    def store(self, name: str) -> Store:
        """See Tools."""
        self.counted = self.counted or Counted(super().store(name))
        return cast(Store, self.counted)

    @property
    def bytes_read(self) -> int:
        """From the store, so far."""
        return sum(self.counted.read) if self.counted else 0


def one(stage: Folder) -> Row:
    """A full backup and some incremental ones; then one file that the full one holds, out of the newest."""
    stage.forget()
    stage.back_up("full")
    for _ in range(LATER):
        stage.change()
        stage.back_up("incremental")
    hands = Hands(load(stage.root / "canvasback.toml"))
    known = index.backups(hands.stores_of("uploads"), "uploads").entries
    path = min(stage.uploads.rglob("*.jpg"), key=lambda path: abs(path.stat().st_size - 10_000))
    before, began = hands.bytes_read, time.monotonic()
    bring(hands, known[0].manifest, stage, str(path.relative_to(stage.uploads)))
    if (stage.root / "found" / path.relative_to(stage.uploads)).read_bytes() != path.read_bytes():
        raise Permanent(f"{path} came back as something else")
    read, stored = hands.bytes_read - before, sum(entry.manifest.stored for entry in known)
    return {
        "chain_bytes": stored,
        "file_bytes": path.stat().st_size,
        "read_bytes": read,
        "read_of_chain": read / stored,
        "seconds": time.monotonic() - began,
    }


def bring(tools: Tools, manifest: Any, stage: Folder, path: str) -> None:
    """Restore one path, step by step."""
    place = stage.root / "found"
    shutil.rmtree(place, ignore_errors=True)
    order = Order(manifest.id, manifest.facts.place, str(place), manifest.facts, objects=(path,))
    run = Run(new_run_id(), "restore", "uploads", "files1", manifest.id, order=order)
    tools.ledger.open(run, "restore:files1")
    restore = Restore(tools, run.id)
    restore.begin()
    loaded = [restore.load(restore.decompress(restore.verify(restore.fetch(segment)))) for segment in restore.segments()]
    restore.finish([0, *loaded])
