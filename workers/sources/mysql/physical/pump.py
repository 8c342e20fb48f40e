"""Takes what a process writes into memory, within bounds, so that the process waits for nobody while it must not. Floor: tools."""

import fcntl
import os
import threading
from contextlib import suppress

_PIPE = 1 << 20  # bytes; what an ordinary user may ask of a pipe
HELD, HURRIED = 24 << 20, 128 << 20  # bytes in memory: as a rule, and while the process must not wait


class Pump:
    """A thread that reads a descriptor to its end. One reader."""

    def __init__(self, fd: int) -> None:
        self._fd, self._bytes, self._limit = fd, bytearray(), HELD
        self._over = self._stopped = False
        self._change = threading.Condition()
        with suppress(OSError):  # a tight limit on pipe pages only costs speed
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE)
        self._thread = threading.Thread(target=self._run, daemon=True, name="pump")
        self._thread.start()

    def read(self, count: int) -> bytes:
        """So many bytes, as soon as they are there; fewer only at the end."""
        with self._change:
            self._change.wait_for(lambda: self._over or len(self._bytes) >= count)
            found = bytes(memoryview(self._bytes)[:count])
            del self._bytes[:count]
            self._change.notify_all()
            return found

    def hurry(self, on: bool) -> None:
        """Hold more, for as long as the process must not wait."""
        with self._change:
            self._limit = HURRIED if on else HELD
            self._change.notify_all()

    def end(self) -> None:
        """Read no more. The process MUST have ended."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while said := os.read(self._fd, _PIPE):
            with self._change:
                self._bytes += said
                self._change.notify_all()
                self._change.wait_for(lambda: self._stopped or len(self._bytes) < self._limit)
                if self._stopped:
                    break
        with self._change:
            self._over = True
            self._change.notify_all()
