"""Loads one segment through the flavour's own client: a data segment wholly or not at all, and never twice. Floor: tools.

A data segment runs in one transaction together with a row in a small table of the restored database, so that a client that was
killed leaves nothing behind, and a message that comes twice finds that its segment is there already.
"""

import re
import shutil
import subprocess
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pymysql

from workers import command
from workers.artifact import Segment
from workers.errors import Failure, Permanent, Transient
from workers.sources.mysql.faults import NO_SERVER, Moment, number, quoted, told
from workers.sources.mysql.place import LOADED, inside
from workers.sources.mysql.session import Server, environment, rows, value
from workers.sources.mysql.tools import Program

_ERROR = re.compile(r"^ERROR (\d+) .*", re.MULTILINE)
_AGAIN = NO_SERVER | {1205, 1213}  # waited too long for a lock, deadlock: the other client's part of the same table
_NO_TABLE = 1146
_SAID = 1 << 16
# A transaction of a client that was killed may still be rolling back, or committing: its row is waited for.
_BEFORE = "SET SESSION innodb_lock_wait_timeout = 3600;\nSET SESSION autocommit = 0;\nINSERT INTO {table} VALUES ({number});\n"
_AFTER = "\nCOMMIT;\n"


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a client ended: its status, and the end of what it said on stderr."""

    status: int
    said: str

    @property
    def odd(self) -> bool:
        """Whether it says that all went well, and yet has something to say."""
        return not self.status and bool(self.said)


def load(server: Server, into: str, segment: Segment, plain: Path) -> None:
    """Load a data segment into the database `into`. Transient where another try may do it: nothing was loaded then."""
    if _is_loaded(server, into, segment):
        return
    before = _BEFORE.format(table=quoted(LOADED), number=segment.number)
    ending = _run(server, into, segment, (before, plain, _AFTER))
    # A client that failed may have lost only the answer to its commit, or another client's commit may have come first: the row tells.
    if ending.odd or not _is_loaded(server, into, segment):
        raise _too_long(server, segment, plain) or _judged(segment, ending)


def correct(server: Server, into: str, segment: Segment, plain: Path) -> None:
    """Load a correction segment: it commits by itself, and loaded twice it changes nothing."""
    ending = _run(server, into, segment, ("", plain, ""))
    if ending.status or ending.odd:
        raise _judged(segment, ending)


def _is_loaded(server: Server, into: str, segment: Segment) -> bool:
    with inside(server, into, f"loading segment {segment.number} into") as session:
        try:
            return bool(rows(session, f"SELECT 1 FROM {quoted(LOADED)} WHERE number = %s", (segment.number,)))
        except pymysql.MySQLError as error:
            if number(error) != _NO_TABLE:
                raise
            raise Permanent(f"segment {segment.number} was not loaded: no restore is going on in {into}") from error


def _run(server: Server, into: str, segment: Segment, pieces: tuple[str, Path, str]) -> _Ending:
    with server.option_file() as option_file:
        argv: list[str | Path] = [
            server.tool(Program.CLIENT).path,
            f"--defaults-file={option_file}",
            "--binary-mode",
            "--max-allowed-packet=1G",
            "--no-auto-rehash",
            f"--default-character-set={segment.charset}",
            f"--database={into}",
        ]
        child = command.start(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment(option_file))
        with ThreadPoolExecutor(1) as listener:
            # MariaDB's client repeats a refused statement on stderr, megabytes of it, and does not read on until they are taken.
            said = listener.submit(_listen, child.stderr)
            try:
                _feed(child.stdin, pieces)
                child.wait()
            finally:
                child.kill()
                child.wait()
    return _Ending(child.returncode, said.result())


def _feed(pipe: IO[bytes] | None, pieces: tuple[str, Path, str]) -> None:
    if pipe is None:
        raise Permanent("the client was started without its pipes")
    before, plain, after = pieces
    with plain.open("rb") as source, suppress(BrokenPipeError), pipe:  # broken: the client gave up, and says why
        pipe.write(before.encode())
        shutil.copyfileobj(source, pipe, 1 << 20)
        pipe.write(after.encode())


def _listen(pipe: IO[bytes] | None) -> str:
    """The end of what a client says; all of it is taken."""
    if pipe is None:
        raise Permanent("the client was started without its pipes")
    with pipe:
        last = deque(iter(lambda: pipe.read(_SAID), b""), maxlen=2)
    return b"".join(last).decode(errors="replace").strip()


def _too_long(server: Server, segment: Segment, plain: Path) -> Failure | None:
    """The failure of a segment with a statement that the server never takes: MariaDB only hangs up, and another try would, too."""
    with told(Moment(server.options, "reading max_allowed_packet")), closing(server.connect()) as session:
        limit = int(value(session, "SELECT @@GLOBAL.max_allowed_packet"))
    with plain.open("rb") as source:
        longest = max(map(len, source), default=0)  # a statement is one line
    if longest <= limit:
        return None
    return Permanent(
        f"segment {segment.number} ({', '.join(segment.objects[:3])}) was not loaded: a statement has {longest:,} bytes, the server at"
        f" {server.options.address} takes {limit:,}; paste as an administrator: SET GLOBAL max_allowed_packet = 1073741824;"
    )


def _judged(segment: Segment, ending: _Ending) -> Failure:
    """The failure of a client that did not load. Of a refused statement only the server's words are told: the rest is people's data."""
    errors = list(_ERROR.finditer(ending.said))
    words = errors[-1][0] if errors else ending.said.rpartition("\n")[2]
    code = int(errors[-1][1]) if errors else 0
    how = f"was killed by signal {-ending.status}" if ending.status < 0 else f"ended with status {ending.status}"
    text = f"segment {segment.number} ({', '.join(segment.objects[:3])}) was not loaded: the client {how}: {words[:300] or 'no words'}"
    return Transient(text) if ending.status < 0 or code in _AGAIN else Permanent(text)
