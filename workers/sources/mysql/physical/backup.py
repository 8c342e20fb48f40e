"""One `mariadb-backup` process: its stream taken as it comes, its every word judged. Floor: tools.

While it holds commits (BACKUP STAGE BLOCK_COMMIT) it must never wait for a spool that is full, or the whole platform would: what it writes
then is taken into memory, and if commits stand still for too long all the same it is ended.
"""

import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from workers import command
from workers.errors import Permanent
from workers.sources.mysql.physical.pump import Pump
from workers.sources.mysql.session import environment
from workers.sources.mysql.tools import Tool

HOLD = 20.0  # seconds that commits may stand still; a server without load holds them for less than one
_END = "completed OK!"
_HELD, _FREE = "Acquired locks for BACKUP STAGE BLOCK_COMMIT", "All tables unlocked"
_OWN = re.compile(r"\[\d\d\] \d{4}-\d\d-\d\d +\d+:\d\d:\d\d +(.*)")
_NOTE = re.compile(r"\d{4}-\d\d-\d\d +\d+:\d\d:\d\d \d+ \[Note\] |mariadb-?backup based on |mariabackup: Stopping log copying thread")
# Everything that 10.11 says of a backup that goes well; what begins otherwise is a warning or worse.
_SAID = re.compile(
    r"(Connecting to|Using server version|uses posix_fadvise|cd to|open files limit|mariabackup: |innodb_\w+ =|DDL tracking"
    r"|(Starting|Started|Acquired locks for|Finished|Finishing|Executing) (BACKUP|FLUSH|backing|all)|Acquiring BACKUP LOCKS"
    r"|(Start|Stop) (scanning|copying)|Starting to backup|Streaming|\.\.\.done|Loading aria_log|aria_log_control:|Found \d+ aria"
    r"|aria table file .* is copied successfully|Log table found|Collect log table|Copied file|Getting InnoDB LSN|InnoDB LSN|Flushed Logs"
    r"|Table .* is in use$"  # of any engine; one without a log of its own is left for a later stage, in which nobody writes to it
    r"|Skip table|Skipping|Waiting for log copy thread|All tables unlocked|Backup created|MySQL binlog position|Redo log \(from"
    r"|completed OK!|>> log scanned|$"
    # A page or a log block that was being written while it was read: it looks again, and ends with another status where that is not enough.
    r"|Retrying read of log at LSN=|Database page corruption detected at page \d+, retrying\.\.\.$)"
)

_PAGE = re.compile(r"^ ?len \d+; hex .*")  # a page that is damaged is printed whole, and holds people's rows


class Backup:
    """A running process. Start it from a thread that lives as long as the backup: it dies with that thread."""

    def __init__(self, tool: Tool, option_file: Path, streams: int) -> None:
        argv: list[str | Path] = [tool.path, f"--defaults-file={option_file}", "--backup", "--stream=xbstream", f"--parallel={streams}"]
        self._child = command.start([*argv, f"--target-dir={option_file.with_name('target')}"], env=environment(option_file))
        self.name, self.instant = tool.path.name, datetime.now(UTC)
        self._wrong: list[str] = []
        self._last, self._held_long = "", False
        self._watch = threading.Timer(HOLD, self._let_go)
        self._pump = Pump(_pipe(self._child.stdout))
        self._ear = threading.Thread(target=self._listen, daemon=True, name="mariadb-backup")
        self._ear.start()

    def read(self, count: int) -> bytes:
        """So many bytes of the stream, fewer only at its end. Permanent where the process did not end well: that is why it ends there."""
        if len(data := self._pump.read(count)) < count:
            self.judge()
        return data

    def judge(self) -> None:
        """Wait for the end of the process. Permanent, with its own words, where it did not end well."""
        status = self._child.wait()
        self._ear.join()
        words = "; ".join(self._wrong[-3:]) or "it said nothing"
        if self._held_long:
            raise Permanent(f"{self.name} held commits for {HOLD:.0f} s and was ended: the disk or the spool is too slow; run it again")
        if status:
            ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            raise Permanent(f"{self.name} {ended}: {words}")
        if self._wrong:
            raise Permanent(f"{self.name} ended with status 0, but said what nobody expects: {words}")
        if self._last != _END:
            raise Permanent(f"{self.name} ended with status 0, but not with {_END!r}: {self._last or 'it said nothing'}")

    def end(self) -> None:
        """Kill the process if it still runs, and wait for what listens to it."""
        self._watch.cancel()
        self._child.kill()
        self._child.wait()
        self._pump.end()
        self._ear.join()
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        if self._child.stderr is None:
            return
        for line in self._child.stderr:
            self._hear(line.decode(errors="replace").rstrip())

    def _hear(self, line: str) -> None:
        line = _PAGE.sub("a page, which is not repeated here", line)
        own = _OWN.fullmatch(line)
        said = own[1] if own else line
        if not (_SAID.match(said) if own else _NOTE.match(line) or not line):
            self._wrong.append(line)
        if said.startswith(_HELD):
            self.instant = datetime.now(UTC)
            self._pump.hurry(True)
            self._watch.start()
        elif said.startswith(_FREE):
            self._watch.cancel()
            self._pump.hurry(False)
        self._last = said or self._last

    def _let_go(self) -> None:
        self._held_long = True
        self._child.kill()


def _pipe(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise Permanent("mariadb-backup was started without its pipes")
    return pipe.fileno()
