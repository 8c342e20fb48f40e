"""Room in the spool, promised before a byte is written, so that all processes of a host together stay within `spool.bytes`.

A promise is an empty file `<run>/<nnnnnn>.<bytes>.room`: creating, renaming and removing it are atomic, and what a killed process
leaves behind is still there to be counted and swept. One `flock` on `.lock` orders the processes; nothing lies in memory.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from workers.errors import Permanent, RunFailed
from workers.spool.held import Held, Key, look, promised
from workers.spool.sizes import told
from workers.spool.turns import turn

RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
OVER, GONE = ".over", ".gone-"
REMEMBER = 2 * 86400  # seconds a cleared run is remembered: longer than any of its steps can still be going


class Room:
    """The spool of one host: a folder and the bytes it may hold, plain and stored forms together. Safe across processes and threads."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path, self.limit = path, limit

    def reserve(self, run: str, number: int, bytes: int) -> bool:
        """Promise so many bytes to a segment, instead of what it was promised before. False at once where there is no room now.

        Raises Permanent where they can never fit (`spool.bytes`, or the disk itself), RunFailed where the run was cleared.
        """
        if bytes > self.limit:
            raise Permanent(
                f"spool.bytes = {told(self.limit)} is too small: one segment needs {told(bytes)} (plain and stored form together)"
            )
        with self._locked():
            if self._over(run).exists():
                raise RunFailed(f"run {run} is over: its part of the spool was cleared")
            return self._promise((run, f"{number:06}"), bytes)

    def resize(self, run: str, number: int, bytes: int) -> bool:
        """Change what a segment is promised; less always works, more only within the limit. False where nothing was changed."""
        key = (run, f"{number:06}")
        with self._locked():
            return bool(self._promises(key)) and self._promise(key, bytes)

    def release(self, run: str, number: int) -> None:
        """Give a segment's room back; its files MUST be gone, or they go on counting."""
        with self._locked():
            for promise in self._promises((run, f"{number:06}")):
                promise.unlink()

    def used(self) -> int:
        """Bytes that are promised or lie there."""
        with self._locked():
            return look(self.path).total()

    def clear(self, run: str) -> None:
        """Remove all that a run has in the spool, for good: whoever still works for it gets no room any more."""
        with self._locked():
            self._sweep()
            with suppress(FileNotFoundError):  # renamed first, so that no late step can put a file into what is being removed
                self.folder(run).rename(self.path / f"{GONE}{run}")
            self._sweep()
            with suppress(OSError):  # a full disk: the room is free all the same, and the mark only stops stragglers
                self._over(run).touch(mode=0o600)

    def turn(self, run: str, number: int) -> AbstractContextManager[None]:
        """The turn of one segment: held, it keeps every other process of this host from working on it."""
        return turn(self.path, run, number)

    def runs(self) -> tuple[str, ...]:
        """The runs that have something in the spool."""
        found = (entry.name for entry in self.path.iterdir() if entry.is_dir()) if self.path.exists() else ()
        return tuple(sorted(name for name in found if RUN.fullmatch(name)))

    def folder(self, run: str) -> Path:
        """Where the files of a run lie. Raises Permanent for a name that is no run's id."""
        if not RUN.fullmatch(run):
            raise Permanent(f"{run!r} is no id of a run")
        return self.path / run

    def _over(self, run: str) -> Path:
        return self.folder(run).with_suffix(OVER)

    def _sweep(self) -> None:
        for gone in self.path.glob(f"{GONE}*"):
            shutil.rmtree(gone)
        for mark in self.path.glob(f"*{OVER}"):
            if mark.stat().st_mtime < time.time() - REMEMBER:
                mark.unlink()

    def _promises(self, key: Key) -> list[Path]:
        with suppress(FileNotFoundError), os.scandir(self.folder(key[0])) as files:
            return [Path(file.path) for file in files if file.name.startswith(f"{key[1]}.") and file.name.endswith(".room")]
        return []

    def _promise(self, key: Key, bytes: int) -> bool:
        before = self._promises(key)
        if not (before and bytes <= promised(before[0].name)) and not self._fits(key, bytes):
            return False
        new = self.folder(key[0]) / f"{key[1]}.{bytes}.room"
        if before:
            before[0].rename(new)
        else:
            new.parent.mkdir(mode=0o700, exist_ok=True)
            new.touch(mode=0o600)
        return True

    def _fits(self, key: Key, bytes: int) -> bool:
        held = look(self.path)
        more = bytes - held.of(key)
        return more <= 0 or (held.total() + more <= self.limit and self._disk_has(held, more))

    def _disk_has(self, held: Held, more: int) -> bool:
        """True where the disk has it beside all that was promised, False where it will once the spool drains; Permanent where never."""
        disk = os.statvfs(self.path)
        free, lying = disk.f_bavail * disk.f_frsize, held.lying.total()
        if free + lying < more:
            raise Permanent(f"spool {self.path} is full: {told(free)} are free on its disk, {told(more)} are needed")
        return free >= held.total() - lying + more

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self.path / ".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise Permanent(f"spool.path {self.path} cannot be used: {error.strerror}: {error.filename}") from error
