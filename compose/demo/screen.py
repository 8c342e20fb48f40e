"""What the demo prints: one line a stage, with its time at the right; a bar while it runs where there is a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

NAME, WIDTH = 11, 100

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Stage:
    """One stage: its name, and the lines that were said about it."""

    name: str
    started: float = field(default_factory=time.monotonic)
    lines: list[str] = field(default_factory=list)
    tail: str = ""

    def say(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return time.monotonic() - self.started


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Run a stage and print what it said; a stage that raises prints its name and lets the error pass."""
    current = Stage(name)
    waiting = console.status(f"{name} …") if console.is_terminal else None
    if waiting:
        waiting.start()
    try:
        yield current
    finally:
        if waiting:
            waiting.stop()
    first, *rest = current.lines or [""]
    clock = f"{current.seconds:6.1f} s{'   ' + current.tail if current.tail else ''}"
    console.print(f"  {name:{NAME}} {first:{WIDTH}} {clock}")
    for line in rest:
        console.print(f"  {'':{NAME}} {line}")
