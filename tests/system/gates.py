"""A step that stands still in mid work: its result's file is a pipe that takes 64 KiB and no more."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.system.processes import Processes


class Gate:
    """Where compress would write the stored form of one segment of a run that has not begun."""

    def __init__(self, spool: Path, run: str, name: str, processes: Processes) -> None:
        self.path, self._processes = spool / run / name, processes
        for folder in (spool, self.path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.mkfifo(self.path, 0o600)
        self._reader: int | None = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def held(self) -> int:
        """The worker process that stands there. Another try finds nothing in its way."""
        pid = self._processes.writing(self.path)
        self.path.unlink()
        return pid

    def break_(self) -> None:
        """Whoever writes gets an error, and what waits there is free."""
        if self._reader is not None:
            os.close(self._reader)
            self._reader = None


@contextmanager
def gates(spool: Path, run: str, processes: Processes, *names: str) -> Iterator[list[Gate]]:
    """Gates for segments by their file names in the spool; all are open afterwards."""
    made = [Gate(spool, run, name, processes) for name in names]
    try:
        yield made
    finally:
        for gate in made:
            gate.break_()
            with suppress(FileNotFoundError):
                gate.path.unlink()
