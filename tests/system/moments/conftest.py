"""A platform of each flavour with a history: a full, a counter that counts up, a table dropped in the middle, logs shipped now and then."""

import gc
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.platform import platform, running
from tests.system.conftest import Ground, client, fill
from tests.system.processes import parent
from tests.system.tools import Tools
from workers.artifact import Order, Statement, decode, encode, new_run_id
from workers.bench import finding, moments
from workers.bench.moments import Hosts, MomentPlan
from workers.bench.quiet import SAID
from workers.bench.scratch import Need
from workers.bench.tools import Tools as Bench
from workers.bench.wishes import Wish
from workers.catalog.ledger import Entry
from workers.ports import Finding, Place
from workers.settings import load
from workers.topology import CONTROL, restore_queue

FLAVOURS = {"mariadb": MariaDB, "mysql": MySQL}
DAEMONS = {"mariadb": "mariadbd", "mysql": "mysqld"}
SECOND = ("restore@db2", "segments@db2")
STEPS, INSTANTS = 60, 5


@pytest.fixture(scope="package", params=FLAVOURS)
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    root = tmp_path_factory.mktemp(request.param)
    database = FLAVOURS[request.param](root / "database")
    tools = Tools(root / "tools", database.tools)
    made = platform(root, database)
    made.tools = tools.folder
    with running(made, spool="24MiB"):
        fill(made)
        settings = load(made.settings)
        yield Ground(made, tools, Bench(settings), client(settings))
        gc.collect()  # a result that is forgotten says so to Redis, which has to be there still


@dataclass
class Past:
    """What was acknowledged when."""

    ground: Ground
    seen: list[tuple[datetime, int]] = field(default_factory=list)
    before: int = 0

    def hosts(self) -> Hosts:
        """The real hosts are asked."""

        def ask(target: str, into: str) -> Place:
            return decode(Place, self.ground.client.send_task("host.look", (target, into), queue=restore_queue("db1")).get(timeout=30))

        def able(target: str, need: Need, host: str) -> tuple[Finding, ...]:
            answers = self.ground.client.send_task("host.able", (target, encode(need)), queue=restore_queue(host)).get(timeout=30)
            return tuple(decode(Finding, answer) for answer in answers)

        return Hosts(ask, able)

    def plan(self, **wish: object) -> MomentPlan:
        return moments.plan(self.ground.bench, self.hosts(), Wish("community", **wish))

    def restore(self, **wish: object) -> Entry:
        """Restored as it was planned."""
        order = self.plan(**wish).order
        return self.ground.ended(self.ground.send("start.restore", "community", encode(order)), 100)

    def find(self, words: str) -> tuple[Statement, ...]:
        logs = finding.logs(self.ground.bench, "community", datetime.now(UTC) - finding.DAY)
        task = self.ground.client.send_task("host.find", ("community", words, list(logs.pins)), queue=restore_queue("db1"))
        return tuple(decode(Statement, answer) for answer in task.get(timeout=60))

    def ship(self, kind: str = "log") -> Entry:
        """Ship, or name what was shipped."""
        run = new_run_id()
        self.ground.client.send_task("start.backup", ("community", kind, None, run), queue=CONTROL)
        entry = self.ground.ended(run)
        assert entry.state == "done", entry
        if entry.alert != SAID:  # the oracle counts what people were told
            self.ground.sent.append(run)
        return entry

    def named(self, kind: str) -> tuple[int, Entry]:
        """What the counter is now, and a backup of this kind that names the logs up to here."""
        self.write(3, 0)
        self.ship()
        return self.count("community"), self.ship(kind)

    def count(self, database: str) -> int:
        return int(self.ask(f"SELECT n FROM {database}.counter")[0][0])

    def ask(self, sql: str) -> tuple[tuple[object, ...], ...]:
        with self.ground.here.database.admin() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return tuple(cursor.fetchall())

    def write(self, steps: int = STEPS, instants: int = INSTANTS) -> None:
        """Count up, and note at some instants what was acknowledged last."""
        first = self.count("community")
        chosen = set(random.sample(range(2, steps), instants))
        with self.ground.here.database.admin("community") as connection, connection.cursor() as cursor:
            for step in range(1, steps + 1):
                cursor.execute("UPDATE counter SET n = %s", (first + step,))
                connection.commit()
                if step in chosen:
                    self.seen.append((self.instant(), first + step))

    def instant(self) -> datetime:
        """Now; MariaDB's log knows whole seconds only, so there the second is waited for."""
        if self.ground.here.database.flavour == "mysql":
            return datetime.now(UTC)
        whole = int(time.time()) + 1
        time.sleep(max(0.0, whole - time.time()))
        return datetime.fromtimestamp(whole, UTC)


@pytest.fixture(scope="package")
def past(ground: Ground) -> Past:
    """The history, made once."""
    ground.here.database.run(
        "CREATE TABLE community.counter (id INT PRIMARY KEY, n INT)",
        "INSERT INTO community.counter VALUES (1, 0)",
        "CREATE DATABASE other",
        "CREATE TABLE other.t (n INT PRIMARY KEY)",
        "CREATE VIEW community.elsewhere AS SELECT n FROM other.t",
    )
    found = Past(ground)
    ground.whole()
    found.write(instants=2)
    found.ship()
    found.write(instants=1)
    found.before = found.count("community")
    ground.here.database.run("TRUNCATE TABLE community.notifications", "DROP TABLE community.comments")
    found.write(instants=2)
    found.ship()
    ground.sent.clear()  # what people heard so far is no test's
    return found


@pytest.fixture
def lent(past: Past) -> Iterator[Past]:
    """The history as somebody sees it whose host db1 has lost the program, and who has a second host that has it."""
    ground, here = past.ground, past.ground.here
    (ground.tools.folder / DAEMONS[here.database.flavour]).unlink()
    here.more = '[hosts.db2]\nrole = "database"\n'
    here.write_settings(spool="24MiB")
    here.cluster.kill("control@control")
    here.cluster.start("control@control")
    usual, own = here.cluster.environment, {"SCRATCH_DIR": "scratch2", "SPOOL__PATH": "spool2"}
    apart = {f"CANVASBACK_{key}": str(here.root / name) for key, name in own.items()}
    here.cluster.environment = usual | apart | {"CANVASBACK_TARGETS__COMMUNITY__MYSQL__TOOLS": str(here.database.tools)}
    here.cluster.start(*SECOND)
    here.cluster.environment = usual
    settings = load(here.settings)
    yield replace(past, ground=replace(ground, bench=Bench(settings), client=client(settings)))
    for name in SECOND:
        here.cluster.kill(name)
    here.more = ""
    here.write_settings(spool="24MiB")


@pytest.fixture
def into(ground: Ground) -> Iterator[str]:
    yield "back"
    ground.here.database.run("DROP DATABASE IF EXISTS back")


def live(past: Past) -> tuple[tuple[object, ...], ...]:
    """What the live database holds."""
    return past.ask("CHECKSUM TABLE community.users, community.posts, community.notifications, community.counter")


def kill(ground: Ground, run: str) -> None:
    """SIGKILL for the process that holds the scratch server."""
    ours = [pid for pid, line in ground.processes.clients().items() if f"scratch/{run}" in line]
    with suppress(ProcessLookupError):
        os.kill(parent(ours[0]), signal.SIGKILL)


def cancel(ground: Ground, run: str) -> None:
    """An operator's `cancel()`."""
    ground.client.send_task("housekeeping.cancel", (run, "a test"), queue=CONTROL)


def broken_off(past: Past, order: Order, act: Callable[[Ground, str], None], ends: tuple[str, str]) -> None:
    """A restore that is broken off as soon as its scratch server lets others in `ends` once, by state and step, and leaves nothing."""
    ground = past.ground
    run = ground.send("start.restore", "community", encode(order))
    access, end = ground.here.root / "scratch" / run / "access.json", time.monotonic() + 60
    while not access.exists():
        assert time.monotonic() < end, ground.entry(run)
        time.sleep(0.02)
    act(ground, run)
    entry = ground.ended(run, 100)
    assert (entry.state, entry.reason and entry.reason.step) == ends, entry
    assert len(ground.told(run)) == 1
    ground.nothing_left()
