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
from workers.errors import Permanent
from workers.sources.engine import marks

Hear: TypeAlias = Callable[[str], object]  # False: a line of what is said beside the output need not be kept

Read: TypeAlias = Callable[[IO[bytes]], None]  # MUST read to the end: the program waits until somebody does

SAID = 2000  # newest lines of what it says beside its output that are kept
SHOWN = 80  # signs of a line that is not understood which are told: where it was cut
ODD = (ValueError, LookupError, TypeError, AttributeError)  # what becomes of an answer that is cut short, or is none that is known here
PATIENCE = 5.0  # seconds that it has to take its lock away when it is asked to end


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its status, the lines of its output, and the newest of what it said beside them.

    `odd` is the end of the first line that was heard and not understood: of one that was killed, or ended in a failure, it may be cut.
    `dropped` is how many lines it said before those that were kept.
    """

    status: int
    out: tuple[str, ...]
    said: tuple[str, ...]
    odd: str = ""
    dropped: int = 0


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
    beside, heard = _Beside(_lines(child.stderr), hear_said), _Heard(hear or out.append)
    with _ended(child, state):
        beside.start()
        if call.read:
            call.read(child.stdout)
        for line in _lines(child.stdout):
            heard.hear(line)
        status = child.wait()
        beside.join()
    if beside.error:
        raise beside.error
    return Ended(status, tuple(out), tuple(beside.said), heard.odd or beside.heard.odd, beside.lines - len(beside.said))


class _Heard:
    """Hands lines on until one is not understood; the program is heard to its end all the same, for its status says more."""

    def __init__(self, hear: Hear) -> None:
        self._hear, self.odd = hear, ""

    def hear(self, line: str) -> object:
        """What is said of one line."""
        if self.odd:
            return None
        try:
            return self._hear(line)
        except ODD as error:
            self.odd = f"{line[-SHOWN:]!r} ({error})"
            return None


class _Beside(Thread):
    """Reads what a program says beside its output, to the end, whatever becomes of who hears it: a full pipe would stop the program."""

    def __init__(self, lines: Iterator[str], hear: Hear | None) -> None:
        super().__init__(daemon=True)
        self._lines, self.heard = lines, _Heard(hear or (lambda line: None))
        self.said: deque[str] = deque(maxlen=SAID)
        self.lines = 0  # that were to be kept
        self.error: Exception | None = None

    def run(self) -> None:
        """Keep the lines, or give them to who hears them and keep those that it hands back."""
        for line in self._lines:
            if self.error or self._heard(line):
                self.said.append(line)
                self.lines += 1

    def _heard(self, line: str) -> bool:
        """Whether a line is to be kept, too."""
        try:
            return self.heard.hear(line) is not False
        except Exception as error:  # noqa: BLE001  # carried into the thread of the caller, who raises it
            self.error = error
            return True


def _lines(pipe: IO[bytes]) -> Iterator[str]:
    return (line.decode(errors="replace").rstrip("\n") for line in pipe)


@contextmanager
def understood(name: str, ended: Ended) -> Iterator[None]:
    """Permanent, naming what was asked, where its answer is cut short, or is none that is known here. In here it is read."""
    try:
        if ended.odd:
            raise ValueError(ended.odd)
        yield
    except ODD as error:
        end = "" if ended.odd or not ended.out else f"; it ends with {ended.out[-1][-SHOWN:]!r}"
        raise Permanent(f"{name}: an answer was cut short, or is none that is known here: {error}{end}") from error


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
