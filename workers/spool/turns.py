"""One step of a segment at a time on a host, however often its message came.

A step that was killed between sending the next one on and saying so comes again, and sends the next one on again: two of them at once would
write one file while it is read. A turn is a lock on one byte of one file, far behind its end: the kernel frees it when its process ends,
and nothing has to be swept.
"""

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = ".turns"
NUMBERS = 24  # bits of a segment's number; the run's stand above them


@contextmanager
def turn(spool: Path, run: str, number: int) -> Iterator[None]:
    """Hold the turn of one segment; waits as long as another process holds it. Not for two threads of one process."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (spool / FILE).open("a") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 1, (zlib.crc32(run.encode()) << NUMBERS) + number)
        yield
