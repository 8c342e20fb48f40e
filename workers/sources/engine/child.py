"""One run of an engine's program: its lines as they come, what it said, how it ended. Floor: tools."""

import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, TypeAlias

from workers import command
from workers.sources.engine import marks

Hear: TypeAlias = Callable[[str], object]  # False: a line of what is said beside the output need not be kept

Read: TypeAlias = Callable[[IO[bytes]], None]  # MUST read to the end: the program waits until somebody does

SAID = 2000  # newest lines of what it says beside its output that are kept
PATIENCE = 5.0  # seconds that it has to take its lock away when it is asked to end


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its status, the lines of its output, and the newest of what it said beside them."""

    status: int
    out: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """What is run: the words, what its environment has besides the worker's own, the folder that it starts in.

    `read` gets its output where that is no text.
    """

    argv: Sequence[str | Path]
    env: Mapping[str, str]
    cwd: Path | None = None
    read: Read | None = None


def run(call: Call, state: Path, hear: Hear | None = None, hear_said: Hear | None = None) -> Ended:
    """Run it to its end; `hear` gets each line of its output, which then is not kept, and `hear_said` what it says beside that.

    Whatever interrupts this asks the program to end, so that it leaves no lock; one that was killed leaves its mark in `state`.
    """
    child = command.start(call.argv, env=dict(call.env), cwd=call.cwd)
    assert child.stdout  # a pipe, as is the other
    assert child.stderr
    out: list[str] = []
    beside = _Beside(_lines(child.stderr), hear_said)
    with _ended(child, state):
        beside.start()
        if call.read:
            call.read(child.stdout)
        for line in _lines(child.stdout):
            (hear or out.append)(line)
        status = child.wait()
        beside.join()
    if beside.error:
        raise beside.error
    return Ended(status, tuple(out), tuple(beside.said))


class _Beside(Thread):
    """Reads what a program says beside its output, to the end, whatever becomes of who hears it: a full pipe would stop the program."""

    def __init__(self, lines: Iterator[str], hear: Hear | None) -> None:
        super().__init__(daemon=True)
        self._lines, self._hear = lines, hear
        self.said: deque[str] = deque(maxlen=SAID)
        self.error: Exception | None = None

    def run(self) -> None:
        """Keep the lines, or give them to who hears them and keep those that it hands back."""
        for line in self._lines:
            if self._hear is None or self.error or self._heard(self._hear, line):
                self.said.append(line)

    def _heard(self, hear: Callable[[str], object], line: str) -> bool:
        """Whether a line is to be kept, too."""
        try:
            return hear(line) is not False
        except Exception as error:  # noqa: BLE001  # carried into the thread of the caller, who raises it
            self.error = error
            return True


def _lines(pipe: IO[bytes]) -> Iterator[str]:
    return (line.decode(errors="replace").rstrip("\n") for line in pipe)


@contextmanager
def _ended(child: "subprocess.Popen[bytes]", state: Path) -> Iterator[None]:
    mark: Path | None = None
    try:
        mark = marks.note(state, child.pid)
        yield
    finally:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if mark and child.returncode >= 0:  # else it was killed, and had no time to take its lock away
            mark.unlink(missing_ok=True)
