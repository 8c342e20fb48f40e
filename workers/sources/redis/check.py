"""redis-check-rdb beside a dump: it reads the same bytes from a pipe while they go by, in its own process. Floor: tools."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workers import command
from workers.errors import Corrupt

STDIN = "/dev/stdin"


class Checker:
    """One run of the program."""

    def __init__(self, child: "subprocess.Popen[bytes]", name: str) -> None:
        """`name` says in messages whose RDB it is."""
        self._child, self._name = child, name

    def tee(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces, each given to the program before it goes on."""
        assert self._child.stdin is not None  # it was asked for
        for piece in pieces:
            with suppress(BrokenPipeError):  # it gave up; its words are told at the end
                self._child.stdin.write(piece)
            yield piece

    def judge(self) -> None:
        """Wait for its verdict. Corrupt, with its words, where it is not good."""
        out, _ = self._child.communicate()
        if self._child.returncode:
            said = [line for line in out.decode(errors="replace").splitlines() if line.strip()]
            raise Corrupt(f"{self._name} is refused by redis-check-rdb: {' | '.join(said[-6:])[:600]}")


@contextmanager
def checker(program: Path, name: str) -> Iterator[Checker]:
    """The program, started; it ends with the block."""
    child = command.start([program, STDIN], stdin=subprocess.PIPE)
    try:
        yield Checker(child, name)
    finally:
        child.kill()
        with suppress(BrokenPipeError):
            child.communicate()
