"""One `mysqldump` process: its output cut between statements, its every word judged. Floor: tools.

Status 0 proves nothing by itself: measured, a dump can lack what an account may not see, or end early, with status 0.
So a stream is good when it exits with 0, its output ends in the trailer, and stderr held nothing but the verbose lines.
"""

import contextlib
import fcntl
import os
import selectors
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workers import command
from workers.errors import Permanent
from workers.ports import Block
from workers.sources.mysql.cutter import CHARSETS, TEXT, Cutter
from workers.sources.mysql.session import Server, environment, option_value
from workers.sources.mysql.shares import Share
from workers.sources.mysql.tools import Flavour, Tool

_PIPE = 1 << 20  # the kernel's default limit for a pipe of an ordinary user: 1 MiB means 16 times fewer reads than 64 KiB
# A dump program writes 4 KiB at a time. Let it fill the pipe instead of waking for each: 40 times fewer reads, a third of the CPU time.
_NAP = 0.001
_SILENCE = 0.5  # seconds until a reader is told that there is nothing yet
_NOTHING = Block(b"")
_OPEN = b"-- Retrieving table structure"  # printed only after START TRANSACTION was answered
_OPTIONS = (
    "--single-transaction",
    "--verbose",
    "--no-create-info",
    "--skip-triggers",
    "--skip-lock-tables",
    "--skip-add-locks",
    "--skip-disable-keys",
    "--no-tablespaces",
    "--skip-set-charset",
    "--skip-dump-date",
    "--max-allowed-packet=1G",
)
_OF_FLAVOUR = {
    # Statements of 256 KiB instead of 1 MiB cost the server 9 % less when they are loaded: 12.5 and 13.6 CPU s for 230 MB.
    Flavour.MYSQL: ("--set-gtid-purged=OFF", "--loose-skip-masking-policies", "--net-buffer-length=262144"),
    # From 11.x on it wraps each table in autocommit=0 … COMMIT, which would lose rows where a segment ends between the two.
    Flavour.MARIADB: ("--skip-no-autocommit",),
}
_KNOWN = (b"-- ", b"mysqldump: [Warning] unknown option '--loose-", b"mysqldump: [Warning] unknown variable 'loose-")


def nothing() -> None:
    """What most have to do once they were read."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one process dumps: a share of the server's database, with this program and option file. `read` is called once it was read."""

    server: Server
    tool: Tool
    option_file: Path
    share: Share
    read: Callable[[], None] = nothing


class Stream:
    """A running dump process. Start it from a thread that lives as long as the dump: the child dies with that thread."""

    def __init__(self, job: Job) -> None:
        self.name = job.tool.path.name
        options = [f"--defaults-file={_option_file(job)}", *_OPTIONS, *_options(job)]
        argv: list[str | Path] = [job.tool.path, *options, "--", job.server.options.database, *job.share.tables]
        self._child = command.start(argv, env=environment(job.option_file), manners=job.server.manners)
        self._cutter = Cutter(CHARSETS[job.server.flavour] if not job.share.text else TEXT, job.share.tables)
        self._read = job.read
        # MySQL's program has the server wait for it as long as it takes; MariaDB's has to be read from again and again.
        self.unbroken = job.share.still and job.server.flavour is Flavour.MYSQL
        self._words = bytearray()
        self._wrong: list[str] = []
        self._opened = False
        with contextlib.suppress(OSError):  # a tight limit on pipe pages only costs speed
            fcntl.fcntl(self.out, fcntl.F_SETPIPE_SZ, _PIPE)

    @property
    def pid(self) -> int:
        """The process."""
        return self._child.pid

    @property
    def out(self) -> int:
        """The descriptor of the process's output."""
        return _descriptor(self._child.stdout)

    @property
    def err(self) -> int:
        """The descriptor of the process's stderr."""
        return _descriptor(self._child.stderr)

    def wait_open(self, deadline: float) -> None:
        """Return once the process reads from its snapshot; Permanent where it ends before, or after `deadline` (monotonic)."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.err, selectors.EVENT_READ)
            while not self._opened:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Permanent(f"{self.name} did not open its snapshot in time; commits were let go again, nothing was dumped")
                if not self.hear():
                    self.judge()
                    raise Permanent(f"{self.name} ended before it opened its snapshot")

    def hear(self) -> bool:
        """Take in what stderr has; False at its end."""
        said = os.read(self.err, 1 << 16)
        self._words += said
        lines = self._words.split(b"\n")
        self._words = lines.pop() if said else bytearray()
        for line in lines:
            self._opened |= line.startswith(_OPEN)
            if line and not line.startswith(_KNOWN):
                self._wrong.append(line.decode(errors="replace").strip())
        return bool(said)

    def blocks(self) -> Iterator[Block]:
        """Everything the process gives; an empty block where it gave nothing for a while. Permanent where it did not end well."""
        with selectors.DefaultSelector() as selector:
            for pipe in (self.out, self.err):
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                ready = [key.fd for key, _ in selector.select(_SILENCE)]
                if not ready:
                    yield _NOTHING
                if self.err in ready and not self.hear():
                    selector.unregister(self.err)
                if self.out in ready:
                    if count := self._take():
                        yield from self._cutter.wrote(count)
                    else:
                        selector.unregister(self.out)
        self.judge()
        self._read()
        yield from self._cutter.finish(self.name)

    def look(self) -> None:
        """Judge a process that ended before its turn came; a good one waits for it."""
        if self._child.poll():
            while self.hear():
                pass
            self.judge()

    def _take(self) -> int:
        """Read what the pipe has; 0 at its end."""
        with self._cutter.space() as space:
            count = os.readv(self.out, [space])
        if 0 < count < _PIPE // 4:
            time.sleep(_NAP)
        return count

    def judge(self) -> None:
        """Raise Permanent with the process's own words where it did not end well."""
        status = self._child.wait()
        words = "; ".join(self._wrong[:3]) or "it said nothing"
        if status < 0:
            raise Permanent(f"{self.name} was killed by signal {-status} in mid dump: {words}")
        if status:
            raise Permanent(f"{self.name} ended with status {status}: {words}")
        if self._wrong:
            raise Permanent(f"{self.name} ended with status 0, but said what nobody expects: {words}")

    def end(self) -> None:
        """Kill the process if it still runs, and free its pipes."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                pipe.close()


def _option_file(job: Job) -> Path:
    """The option file, with the condition of a range added to it: keys may be people's addresses, and argv is open to everybody."""
    if not job.share.where:
        return job.option_file
    number, name = tempfile.mkstemp(".cnf", dir=job.option_file.parent)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(f"!include {job.option_file}\n[mysqldump]\nwhere={option_value(job.share.where)}\n")
    return Path(name)


def _options(job: Job) -> tuple[str, ...]:
    """The character set is binary: 1.6 times faster than utf8mb4, and equal after the load.

    Except for two things: under binary, MySQL's program cannot select a database whose name is not ASCII (1049), and some columns of
    MariaDB can only be loaded as text.
    """
    server = job.server
    fast = not job.share.text and (server.flavour is Flavour.MARIADB or server.options.database.isascii())
    charset = ("--default-character-set=binary",) if fast else ("--default-character-set=utf8mb4", "--hex-blob")
    return (*_OF_FLAVOUR[server.flavour], *charset)


def _descriptor(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise Permanent("a dump process was started without its pipes")
    return pipe.fileno()
