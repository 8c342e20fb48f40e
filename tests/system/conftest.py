"""One running platform for all fault tests: real servers, real workers. Its tools can be replaced by wrappers that break."""

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from celery import Celery

from compose.demo import community
from compose.local.mariadb import MariaDB
from compose.local.platform import Platform, platform, running
from tests.nodes.fixtures import *  # noqa: F403  # pytest-celery's fixtures, over this platform
from tests.system.processes import Processes
from tests.system.tools import Tools
from workers.artifact import new_run_id
from workers.bench.tools import Tools as Bench
from workers.broker.config import config
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.errors import Refused
from workers.settings import Settings, load
from workers.topology import CONTROL

LINES = 30  # of each log are shown below a failed test


@dataclass
class Ground:
    """The platform as an operator and a saboteur see it."""

    here: Platform
    tools: Tools
    bench: Bench
    client: Celery
    sent: list[str] = field(default_factory=list)
    newest: str = ""  # the backup that was made after the last test, of data that nobody has touched since

    @property
    def nas(self) -> Path:
        """The folder of the store."""
        return self.here.root / "nas"

    @property
    def spool(self) -> Path:
        """The folder of the spool."""
        return self.here.root / "spool"

    @property
    def processes(self) -> Processes:
        """What runs on behalf of this platform."""
        return Processes(self.here.settings)

    def send(self, task: str, *arguments: object, run: str | None = None) -> str:
        """Send a start; the id of its run."""
        self.sent.append(run or new_run_id())
        self.client.send_task(task, (*arguments, self.sent[-1]), queue=CONTROL)
        return self.sent[-1]

    def backup(self, run: str | None = None) -> str:
        """Start a full backup of the community database."""
        return self.send("start.backup", "community", "full", None, run=run)

    def entry(self, run: str) -> Entry | None:
        """What the ledger knows of a run."""
        try:
            return self.bench.ledger.entry(run)
        except Refused:
            return None

    def ended(self, run: str, seconds: float = 60) -> Entry:
        """The entry of a run once it is over and people were told, or Slack said no."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            entry = self.entry(run)
            if entry and entry.state != "open" and entry.alert:
                return entry
            time.sleep(0.05)
        raise AssertionError(f"run {run} did not end: {self.entry(run)}")

    def heard(self, run: str, seconds: float = 40) -> None:
        """Wait until Slack said yes."""
        end = time.monotonic() + seconds
        while not (entry := self.entry(run)) or entry.alert != "sent":
            assert time.monotonic() < end, entry
            time.sleep(0.1)

    def until(self, run: str, counter: str, seconds: float = 30) -> None:
        """Wait until a run has counted something."""
        end = time.monotonic() + seconds
        while not ((entry := self.entry(run)) and entry.counter(counter)):
            assert time.monotonic() < end, f"{counter} of {run} was never counted: {entry}"
            time.sleep(0.02)

    def told(self, run: str) -> list[str]:
        """Texts of the messages about a run; a sealed backup names no run, so it is found by its time."""
        return [str(message["text"]) for message in self.here.slack.messages() if run in str(message["text"])]

    def sealed(self) -> set[str]:
        """Ids of all backups in the catalog."""
        return {entry.manifest.id for entry in index.backups(self.bench.stores_of("community"), "community").entries}

    def one_failure(self, run: str, step: str, reason: str) -> Entry:
        """The oracle: one alert with the true step and reason, nothing sealed, nothing left, and the next run is whole."""
        entry = self.ended(run)
        assert (entry.state, entry.reason and entry.reason.step) == ("failed", step), entry
        assert reason in entry.reason.reason, entry.reason
        (text,) = self.told(run)
        assert text.startswith("❌")
        assert step.rpartition(".")[2] in text
        assert reason.splitlines()[0][:60] in text
        self.nothing_left()
        assert entry.run.backup not in self.sealed() or entry.run.work == "restore"
        return entry

    def nothing_left(self) -> None:
        """No lock, nothing of any run in the spool or the scratch place, no child of a worker."""
        assert self.bench.ledger.holder("data:community") is None
        assert self.bench.ledger.holder("restore:db1") is None
        end = time.monotonic() + 10
        while left := [*self.spool.glob("*/*"), *self.here.root.glob("scratch/*"), *self.processes.clients().values()]:
            assert time.monotonic() < end, left
            time.sleep(0.1)

    def whole(self) -> Entry:
        """The next run is whole."""
        run = self.backup()
        entry = self.ended(run)
        assert entry.state == "done", entry
        assert entry.run.backup in self.sealed()
        return entry

    def sound(self) -> str:
        """A backup of the data as they are."""
        return self.newest or self.whole().run.backup


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    root = tmp_path_factory.mktemp("platform")
    database = MariaDB(root / "database")
    tools = Tools(root / "tools", database.tools)
    made = platform(root, database)
    made.tools = tools.folder
    with running(made, spool="24MiB"):
        fill(made)
        settings = load(made.settings)
        yield Ground(made, tools, Bench(settings), client(settings))
        gc.collect()  # a result that is forgotten says so to Redis, which has to be there still


def client(settings: Settings) -> Celery:
    """A client of this platform alone: the application of this process belongs to other tests."""
    app = Celery("saboteur", set_as_current=False)
    app.conf.update(config(settings))
    return app


def fill(made: Platform) -> None:
    """A fresh community database, small but with every kind of object."""
    made.database.run("DROP DATABASE IF EXISTS community")
    with made.database.admin() as connection:
        community.create(connection, 0.03)  # three data segments in a spool of 24 MiB


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of every node's log below a test that failed: a machine that is gone tells nothing any more."""
    outcome = yield
    report, ground = outcome.get_result(), getattr(item, "funcargs", {}).get("ground")  # type: ignore[attr-defined]  # pluggy's result
    if report.failed and ground:
        for log in sorted(ground.here.cluster.folder.glob("*.log")):
            report.sections.append((f"the end of {log.name}", "\n".join(log.read_text(errors="replace").splitlines()[-LINES:])))


@pytest.fixture(autouse=True)
def oracle(ground: Ground) -> Iterator[None]:
    """After every test: whatever it broke is mended, the next run is whole, each run was told once, and nothing is left."""
    ground.sent.clear()
    before = len(ground.here.slack.messages())
    yield
    hanging = [run for run in ground.sent if ground.bench.ledger.close(run, "failed")]
    for run in hanging:  # so that only this test fails
        ground.bench.room.clear(run)
    assert not hanging
    ground.tools.mend()
    ground.here.slack.answer(200)
    ground.here.write_secrets({"targets_community_mysql_password": ground.here.password})
    ground.here.make_store()
    ground.newest = ground.whole().run.backup
    for run in ground.sent:
        ground.heard(run)
    ground.nothing_left()
    assert len(ground.here.slack.messages()) - before == len(ground.sent)


def segments(folder: Path, backup: str, word: str = "data") -> list[Path]:
    """The stored segments of a backup."""
    return sorted((folder / "nas" / "community" / backup / "segments").glob(f"*.{word}.*"))
