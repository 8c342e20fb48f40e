"""The shipping of one binary log of 64 MB. Naive: `mysqlbinlog --raw` into a folder and nothing else.

Ours closes the log, fetches it the same way, reads every event, compresses, puts it into both stores and reads it back from both.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from compose.demo import story
from tasks.starts import start_backup
from tests.bench.pairs import Pairs, Row, Way
from tests.bench.stage import Stage
from workers.artifact import new_run_id
from workers.catalog.ledger import Entry
from workers.errors import Permanent
from workers.topology import CONTROL

SIZE = 60 << 20  # bytes after which the log is full enough; the last statement fills it to some 64 MB
PLACE = "bench_logs"
COLUMNS = "author, title, body, tags, created, views"
FILL = f"INSERT INTO {PLACE}.posts ({COLUMNS}) SELECT {COLUMNS} FROM community.posts LIMIT 5000"


@dataclass(frozen=True)
class Logs:
    """The binary logs of a stage's database."""

    stage: Stage

    @property
    def newest(self) -> Path:
        """The log that is being written."""
        return max((self.stage.here.database.folder / "binlog").glob("bin.[0-9]*"))

    def fill(self) -> None:
        """Begin a new log and fill it; its rows are forgotten outside of it."""
        run = self.stage.here.database.run
        run("FLUSH BINARY LOGS")
        while self.newest.stat().st_size < SIZE:
            run(FILL)
        run("SET SESSION sql_log_bin = 0", f"TRUNCATE TABLE {PLACE}.posts")

    def fetch(self) -> None:
        """The naive way: the closed log, raw."""
        here, naive = self.stage.here.database, self.stage.naive
        program = here.tools / ("mysqlbinlog" if here.flavour == "mysql" else "mariadb-binlog")
        line = [
            program,
            f"--defaults-file={naive.cnf}",
            "--read-from-remote-server",
            "--raw",
            f"--result-file={naive.work}/",
            self._closed(),
        ]
        done = subprocess.run(line, check=False, capture_output=True)
        if done.returncode:
            raise Permanent(f"the naive fetch ended with status {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")

    def _closed(self) -> str:
        return sorted((self.stage.here.database.folder / "binlog").glob("bin.[0-9]*"))[-2].name

    def before_naive(self) -> None:
        """A closed log, and an empty folder."""
        self.stage.naive.tidy()
        self.fill()
        self.stage.here.database.run("FLUSH BINARY LOGS")

    def before_ours(self) -> None:
        """Everything else is shipped, so that the full log is all there is."""
        ship()
        self.fill()


def ship() -> Entry:
    """Ship what is not shipped yet, and wait for the end."""
    run = new_run_id()
    start_backup.apply_async(("community", "log", None, run), queue=CONTROL)
    return story.wait(run)


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    logs, pairs, run = Logs(stage), Pairs(), stage.here.database.run
    run(f"CREATE DATABASE {PLACE}", f"CREATE TABLE {PLACE}.posts LIKE community.posts")
    naive = Way(logs.fetch, stage.naive.work, workers=False, before=logs.before_naive)
    ours = Way(ship, stage.here.root / "spool", workers=True, before=logs.before_ours)
    for _ in range(stage.rounds):
        pairs.round(stage.here, naive, ours)
    run(f"DROP DATABASE {PLACE}")
    return pairs.row()
