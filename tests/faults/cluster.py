"""Kills of processes and workers, and a broker that dies, stands still or cuts its connections, at random moments of a backup."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from celery import Celery

from tests.faults.verdicts import Verdict, Violation
from tests.synthetic.platform import Platform, running
from tests.synthetic.source import Options
from tests.system.conftest import client
from tests.system.processes import Processes, parent
from workers.artifact import new_run_id
from workers.bench.tools import Tools
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.errors import Refused
from workers.settings import load
from workers.topology import CONTROL

PATIENCE = 90.0  # seconds a run may take to its end, whatever was done to it
TARGET = Options(segments=40, bytes=200_000)


@dataclass
class Ground:
    """A platform, and who breaks it."""

    here: Platform
    tools: Tools
    sender: Celery


@contextmanager
def ground(root: Path) -> Iterator[Ground]:
    """One target, synthetic."""
    with running(root, {"victim": TARGET}) as here:
        settings = load(here.settings)
        yield Ground(here, Tools(settings), client(settings))


def case(here: Ground, chance: random.Random, acts: tuple[Callable[[Ground, random.Random], None], ...]) -> Verdict:
    """One backup, one fault in the middle of it, judged; then one backup that has to be whole."""
    run, act = send(here), chance.choice(acts)
    time.sleep(chance.uniform(0.0, 1.2))
    act(here, chance)
    entry = ended(here, run)
    judge(here, entry, f"{act.__name__} in run {run}")
    if (after := ended(here, send(here))).state != "done":
        raise Violation(f"{act.__name__}: the next run {after.run.id} {after.state}: {after.reason}")
    return "survived" if entry.state == "done" else "refused"


def send(here: Ground) -> str:
    """Start a backup; its run."""
    run = new_run_id()
    here.sender.send_task("start.backup", ("victim", "full", None, run), queue=CONTROL)
    return run


def ended(here: Ground, run: str) -> Entry:
    """The entry of a run that is over, and of which people were told."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(Refused):  # control has not opened it yet
            entry = here.tools.ledger.entry(run)
            if entry.state != "open" and entry.alert == "sent":
                return entry
        here.sender.send_task("housekeeping.reap", (5.0,), queue=CONTROL)
        time.sleep(0.5)
    raise Violation(f"run {run} has no end after {PATIENCE:.0f} s: {here.tools.ledger.runs(1)}")


def judge(here: Ground, entry: Entry, what: str) -> None:
    """Sealed once or one alert, and nothing left."""
    sealed = {found.manifest.id for found in index.backups((here.tools.store("nas"),), "victim").entries}
    told = [message for message in here.here.slack.messages() if entry.run.id in str(message["text"])]
    if (entry.run.backup in sealed) != (entry.state == "done"):
        raise Violation(f"{what}: the ledger says {entry.state}, the store holds {'a' if entry.run.backup in sealed else 'no'} manifest")
    if entry.state != "done" and len(told) != 1:
        raise Violation(f"{what}: {len(told)} alerts")
    if here.tools.ledger.holder("data:victim"):
        raise Violation(f"{what}: the lock is still held")
    end = time.monotonic() + 10
    while left := list((here.here.root / "spool").glob("*/*")):
        if time.monotonic() > end:
            raise Violation(f"{what}: left in the spool: {left[:3]}")
        time.sleep(0.1)


def process(here: Ground, chance: random.Random) -> None:
    """Kill -9 of one process of one worker."""
    mains = {child.pid for child in here.here.cluster.children.values()}
    pids = [pid for pid in Processes(here.here.settings).pids() if parent(pid) in mains]
    os.kill(chance.choice(pids), signal.SIGKILL)


def worker(here: Ground, chance: random.Random) -> None:
    """Kill -9 of a whole worker, or of beat; started again."""
    name = chance.choice(sorted(here.here.cluster.children))
    here.here.cluster.kill(name)
    here.here.cluster.start(name)


def away(here: Ground, chance: random.Random) -> None:
    """Redis killed, and away for a while."""
    here.here.redis.kill()
    time.sleep(chance.uniform(0.0, 4.0))
    here.here.redis.start()


def still(here: Ground, chance: random.Random) -> None:
    """Redis standing still."""
    os.kill(here.here.redis.pid or 0, signal.SIGSTOP)
    time.sleep(chance.uniform(0.5, 6.0))
    os.kill(here.here.redis.pid or 0, signal.SIGCONT)


def cut(here: Ground, chance: random.Random) -> None:
    """Every connection cut, once or more."""
    for _ in range(chance.randrange(1, 4)):
        here.here.redis.client().client_kill_filter(_type="normal", skipme=True)
        time.sleep(chance.uniform(0.0, 0.5))


def gone(here: Ground, chance: random.Random) -> None:
    """The store's folder is not there for a while, as when a NAS is not mounted."""
    nas = here.here.root / "nas"
    nas.rename(nas.with_suffix(".away"))
    time.sleep(chance.uniform(0.1, 2.0))
    nas.with_suffix(".away").rename(nas)


KILL, BROKER, STORE = (process, worker), (away, still, cut), (gone,)
