"""One closed log, fetched raw from its server through the flavour's own program and a pipe: nothing lies on the disk. Floor: tools.

`mysqlbinlog --raw` writes a file named like the log into a folder; a named pipe of that name stands there already.
"""

import contextlib
import fcntl
import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workers import command
from workers.command import ORDINARY, Manners
from workers.errors import Permanent
from workers.sources.mysql.session import environment
from workers.sources.mysql.tools import Tool

_PIPE = 1 << 20  # the kernel's default limit for a pipe of an ordinary user
_NAP = 0.001  # the program writes event by event: let it fill the pipe instead of waking for each


@dataclass(frozen=True, slots=True)
class Fetcher:
    """The program, and the option file it logs in with; pipes are made in that file's folder, which is its owner's alone."""

    tool: Tool
    option_file: Path
    manners: Manners = ORDINARY

    def fetch(self, name: str) -> Iterator[bytes]:
        """The bytes of a log, in order. Permanent, in the program's own words, where they did not all come."""
        with self._pipe(name) as (path, pipe):
            env = environment(self.option_file)
            child = command.start(self._argv(name), stdout=subprocess.DEVNULL, env=env, manners=self.manners)
            try:
                words = bytearray()
                yield from _drained(pipe, _descriptor(child.stderr), words)
                self._judge(name, child.wait(), words.decode(errors="replace").strip())
            finally:
                child.kill()
                child.wait()
                if child.stderr is not None:
                    child.stderr.close()
                path.unlink()

    def _argv(self, name: str) -> list[str | Path]:
        folder = f"{self.option_file.parent}/"
        return [
            self.tool.path,
            f"--defaults-file={self.option_file}",
            "--read-from-remote-server",
            "--raw",
            f"--result-file={folder}",
            name,
        ]

    @contextmanager
    def _pipe(self, name: str) -> Iterator[tuple[Path, int]]:
        """A named pipe, open for reading before anybody writes, so that a program which never begins leaves nobody waiting."""
        path = self.option_file.parent / name
        os.mkfifo(path, 0o600)
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            with contextlib.suppress(OSError):  # a tight limit on pipe pages only costs speed
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
            yield path, pipe
        finally:
            os.close(pipe)

    def _judge(self, name: str, status: int, words: str) -> None:
        if status or words:
            raise Permanent(f"{self.tool.path.name} did not fetch {name} (status {status}): {words[:500] or 'it said nothing'}")


def _drained(pipe: int, stderr: int, words: bytearray) -> Iterator[bytes]:
    """What comes through the pipe until the program has closed its stderr, which it does by ending."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        selector.register(stderr, selectors.EVENT_READ)
        alive = True
        while alive:
            for key, _ in selector.select():
                if key.fd == stderr:
                    said = os.read(stderr, 1 << 16)
                    words += said
                    alive = bool(said)
                elif data := _read(pipe):
                    yield data
                elif data is not None:
                    selector.unregister(pipe)  # the writer closed it; its last word comes by stderr
    while data := _read(pipe):
        yield data


def _read(pipe: int) -> bytes | None:
    """What is there; b"" at the end, None where there is nothing now."""
    try:
        data = os.read(pipe, _PIPE)
    except BlockingIOError:
        return None
    if 0 < len(data) < _PIPE // 4:
        time.sleep(_NAP)
    return data


def _descriptor(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise Permanent("the program that reads logs was started without its pipes")
    return pipe.fileno()
