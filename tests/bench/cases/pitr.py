"""Logs replayed up to their end, some 90,000 small transactions in 100 MB: `mysqlbinlog | mysql`, and ours.

Each way has a scratch server of its own, fresh in every round, that holds the tables as they were before; only the replay is timed. Ours
reads, proves, sifts and applies the logs and proves the end. After the first pair its table is compared with the live server's.
"""

import multiprocessing
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.bench.pairs import Pairs, Row, Way
from tests.bench.stage import Stage
from workers.artifact import Facts, Kind, Position, Until
from workers.errors import Permanent
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.replay.path import Proven, prove_path, wished
from workers.sources.mysql.replay.replay import replay_to
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import Session, rows
from workers.sources.mysql.source import MysqlSource
from workers.sources.mysql.tools import Program

DATABASE = "replayed"
BYTES = 100_000_000  # of logs
TABLE = f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, n INT NOT NULL, body VARCHAR(2000) NOT NULL, KEY (n)) ENGINE=InnoDB"
STEPS = 5000  # of two transactions, then the size is looked at
WORK = f"""CREATE PROCEDURE {DATABASE}.work(IN first INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  WHILE i < {STEPS} DO
    INSERT INTO t VALUES (first + i, i, REPEAT(SHA2(first + i, 256), 10));
    UPDATE t SET n = n + 1 WHERE id = first + i * 7919 % (i + 1);
    SET i = i + 1;
  END WHILE;
END"""
NAIVE = "set -o pipefail; {reader} --start-position={offset} {files} | {client} --defaults-file={login} --binary-mode"


@dataclass
class Side:
    """One way's scratch server; `begin` starts a fresh one that holds the tables as they were before."""

    path: Proven
    folder: Path
    tools: Path
    stack: ExitStack = field(default_factory=ExitStack)
    running: Scratch | None = None

    def begin(self) -> None:
        self.stack.close()
        self.running = self.stack.enter_context(scratch(wished(self.path, self.folder, self.tools, 0)))
        with self.session() as session:
            for statement in (f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4", TABLE):
                rows(session, statement)

    @property
    def here(self) -> Scratch:
        if self.running is None:
            raise RuntimeError("no scratch server was started")
        return self.running

    @contextmanager
    def session(self) -> Iterator[Session]:
        with closing(self.here.server.connect()) as session:
            yield session

    def checksum(self) -> Any:
        with self.session() as session:
            return rows(session, f"CHECKSUM TABLE {DATABASE}.t")

    def ours(self) -> None:
        """In a process of its own, so that its CPU time counts as a script's does."""
        child = multiprocessing.get_context("fork").Process(target=replay_to, args=(self.here, self.path))
        child.start()
        child.join()
        if child.exitcode:
            raise Permanent(f"the replay ended with status {child.exitcode}")

    def naive(self) -> None:
        server, chain = self.here.server, self.path.chain
        reader, client = (server.tool(program).path for program in (Program.LOGS, Program.CLIENT))
        with server.option_file() as login:
            files = " ".join(map(str, chain.files))
            line = NAIVE.format(reader=reader, offset=chain.begin.offset, files=files, client=client, login=login)
            done = subprocess.run(["bash", "-c", line], check=False, stderr=subprocess.PIPE)
        if done.returncode:
            raise Permanent(f"the naive replay ended with status {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    return compared(stage, partial(_facts, stage), Side)


def compared(stage: Stage, take: Callable[[], Facts], ours_on: Callable[[Proven, Path, Path], Side]) -> Row:
    """The same on a backup that `take` makes; our way's side is given."""
    logs = stage.here.root / "logs"
    shutil.rmtree(logs, ignore_errors=True)  # of the case before
    logs.mkdir()
    path, live = written(stage, logs, take)
    tools = stage.here.database.tools
    with ExitStack() as stack:
        sides = [Side(path, stage.here.root / "s0", tools), ours_on(path, stage.here.root / "s1", tools)]
        for side in sides:
            stack.callback(side.stack.close)
        plain, fast = sides
        theatre: Any = Theatre(stage, sides)
        pairs = Pairs()
        naive = Way(plain.naive, logs, workers=False, before=begun(plain, fast))
        ours = Way(fast.ours, logs, workers=False, before=begun(fast, plain))
        for number in range(stage.rounds):
            pairs.round(theatre, naive, ours)
            if number == 0 and fast.checksum() != live:
                raise Permanent("the replay said that it was done, and its table differs from the live one")
    return pairs.row() | {"logs": path.bytes}


def begun(side: Side, other: Side) -> Callable[[], None]:
    """Before one way is measured, its server is made anew, and the other's is there, too."""

    def act() -> None:
        side.begin()
        if other.running is None:
            other.begin()

    return act


class Theatre:
    """What takes part: the servers of both sides, and this process's children."""

    def __init__(self, stage: Stage, sides: list[Side]) -> None:
        self.stage, self.sides, self.cluster = stage, sides, SimpleNamespace(children={})

    @property
    def servers(self) -> list[Any]:
        return [SimpleNamespace(pid=side.here.process.pid) for side in self.sides]


def written(stage: Stage, logs: Path, take: Callable[[], Facts]) -> tuple[Proven, Any]:
    """Work on the live server until its logs are long enough; the path over them, and the checksum of what came of it."""
    database = stage.here.database
    run = database.run
    run(
        f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
        TABLE,
        "SET GLOBAL innodb_flush_log_at_trx_commit = 0",
        "SET GLOBAL sync_binlog = 0",
    )
    facts = take()
    position = facts.position
    if position is None:
        raise RuntimeError("the live server of the benchmarks writes a log")
    run(WORK)
    folder, first = database.folder / "binlog", 0
    while _length(folder, position) < BYTES:
        with database.admin(DATABASE) as connection, connection.cursor() as cursor:
            cursor.execute("CALL work(%s)", (first,))
        first += STEPS
    run(f"DROP PROCEDURE {DATABASE}.work", "FLUSH BINARY LOGS")
    for path in sorted(folder.glob("bin.0*"))[:-1]:
        if path.name >= position.file:
            shutil.copy(path, logs)
    last = max(logs.iterdir())
    with database.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"CHECKSUM TABLE {DATABASE}.t")
        live = [tuple(row) for row in cursor.fetchall()]
    run(f"DROP DATABASE {DATABASE}")
    return prove_path(facts, logs, Until(position=Position(last.name, last.stat().st_size))), live


def _facts(stage: Stage) -> Facts:
    database = stage.here.database
    options = MysqlOptions.model_validate({"socket": database.socket, "user": "root", "databases": [DATABASE], "tools": database.tools})
    with MysqlSource(options).dump(Kind.FULL) as dump:
        for part in dump.parts():
            for _ in part.blocks:
                pass
        return dump.facts()


def _length(folder: Path, begin: Position) -> int:
    """Bytes of the logs from a position on."""
    files = [path for path in folder.glob("bin.0*") if path.name >= begin.file]
    return sum(path.stat().st_size for path in files) - begin.offset
