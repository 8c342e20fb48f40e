"""Loads one data segment through the flavour's own client: all of it or nothing, and never twice. Floor: tools.

The segment runs in one transaction together with a row in a small table of the restored database, so that a client that was killed
leaves nothing behind, and a message that comes twice finds that its segment is there already.
"""

import re
import shutil
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from workers import command
from workers.artifact import Segment
from workers.errors import Failure, Permanent, Transient
from workers.sources.mysql.faults import NO_SERVER, Moment, quoted, told
from workers.sources.mysql.session import Server, environment, rows
from workers.sources.mysql.tools import Flavour, Program

LOADED = "_canvasback_loaded"
_NUMBER = re.compile(r"ERROR (\d+) \(")
# A transaction of the killed client before may still be rolling back: its row is waited for.
_BEFORE = "SET SESSION innodb_lock_wait_timeout = 3600;\nSET autocommit = 0;\nINSERT INTO {table} VALUES ({number});\n"
_AFTER = "\nCOMMIT;\n"
_QUIET = {Flavour.MYSQL: ("--loose-skip-system-command",), Flavour.MARIADB: ()}


def load(server: Server, into: str, segment: Segment, plain: Path) -> None:
    """Load a plain data segment into the database `into`. Transient where the server went away: nothing was loaded then."""
    with told(Moment(server.options, f"loading segment {segment.number}")), closing(server.connect(into)) as session:
        if rows(session, f"SELECT 1 FROM {quoted(LOADED)} WHERE number = %s", (segment.number,)):
            return
    with server.option_file() as option_file:
        argv: list[str | Path] = [
            server.tool(Program.CLIENT).path,
            f"--defaults-file={option_file}",
            "--binary-mode",
            "--max-allowed-packet=1G",
            "--no-auto-rehash",
            *_QUIET[server.flavour],
            f"--default-character-set={segment.charset}",
            f"--database={into}",
        ]
        child = command.start(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment(option_file))
        try:
            _feed(child, segment, plain)
        finally:
            child.kill()
            child.wait()


def _feed(child: "subprocess.Popen[bytes]", segment: Segment, plain: Path) -> None:
    """Write the segment to the client and judge how it ended."""
    pipe, words = child.stdin, child.stderr
    if pipe is None or words is None:
        raise Permanent("the client has no pipes")
    with suppress(BrokenPipeError), plain.open("rb") as source, pipe:  # broken: the client gave up, and says why
        pipe.write(_BEFORE.format(table=quoted(LOADED), number=segment.number).encode())
        shutil.copyfileobj(source, pipe, 1 << 20)
        pipe.write(_AFTER.encode())
    said = words.read().decode(errors="replace").strip()
    status = child.wait()
    if status or said:
        raise _judged(segment, status, said)


def _judged(segment: Segment, status: int, said: str) -> Failure:
    ending = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    number = _NUMBER.search(said)
    lost = status < 0 or (number is not None and int(number[1]) in NO_SERVER)
    kind = Transient if lost else Permanent
    return kind(
        f"segment {segment.number} ({', '.join(segment.objects[:3])}) was not loaded: the client {ending}: {said[:500] or 'no words'}"
    )
