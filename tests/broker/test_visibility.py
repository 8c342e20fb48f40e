"""A task runs once, however long it takes and whatever happens to Redis meanwhile; beside it what Celery's own settings do.

Those halves that show a stock worker's duplicates say when `workers.broker.visibility` and `workers.broker.transport` can go.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from compose.local.redis import Redis as Server
from workers.command import die_with_parent

pytestmark = pytest.mark.timeout(120)


@dataclass
class Side:
    """Workers of one kind, and what their tasks said."""

    server: Server
    folder: Path
    stock: bool
    timeout: float
    soft: float = 0
    queue: str = "work"
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def prefix(self):
        return "stock:" if self.stock else "ours:"

    @property
    def environment(self):
        own = {"SLEEPER_REDIS": self.server.url, "SLEEPER_STOCK": "1" if self.stock else "", "SLEEPER_TIMEOUT": str(self.timeout)}
        return os.environ | own | {"SLEEPER_SOFT": str(self.soft), "SLEEPER_QUEUE": self.queue}

    @property
    def client(self):
        return Redis.from_url(self.server.url, decode_responses=True, retry=Retry(ConstantBackoff(0.2), 100))

    def log(self, number):
        return self.folder / f"{self.prefix[:-1]}{number}.log"

    def start(self, concurrency=2):
        worker, number = self.launch(concurrency), len(self.workers) - 1
        self.until(lambda: " ready." in self.log(number).read_text())
        return worker

    def launch(self, concurrency=2):
        """Start one, and wait for nothing."""
        number = len(self.workers)
        line = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.broker.sleeper",
            "worker",
            "-n",
            f"{self.prefix}{number}@here",
            "-Q",
            self.queue,
        ]
        with self.log(number).open("wb") as log:
            options = {"env": self.environment, "stdout": log, "stderr": log, "preexec_fn": die_with_parent, "start_new_session": True}
            self.workers.append(subprocess.Popen([*line, "-c", str(concurrency), "-l", "INFO"], **options))
        return self.workers[-1]

    def ready(self):
        """Wait for all of them."""
        self.until(lambda: all(" ready." in self.log(number).read_text() for number in range(len(self.workers))))

    def send(self, mark, seconds):
        with Celery("sender", broker=self.server.url, set_as_current=False) as app:
            app.conf.update(
                broker_transport="redis" if self.stock else "workers.broker.transport:Transport",
                broker_transport_options={"global_keyprefix": self.prefix, "priority_steps": [0]},
                task_default_queue=self.queue,
            )
            app.send_task("t.sleep", (mark, seconds))

    def said(self, what, mark="x"):
        return self.client.scard(f"{self.prefix}{what}:{mark}")

    def until(self, there, seconds=30.0):
        end = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < end, "".join(self.log(number).read_text()[-2000:] for number in range(len(self.workers)))
            time.sleep(0.1)

    def stop(self):
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def side(server, tmp_path):
    """Makes sides; ends their workers."""
    with ExitStack() as stack:

        def make(stock=False, timeout=3600.0, soft=0.0, queue="work"):
            made = Side(server, tmp_path, stock, timeout, soft, queue)
            stack.callback(made.stop)
            return made

        yield make


def together(*sides, each=1):
    """Start the workers of several sides at once."""
    for one in sides:
        for _ in range(each):
            one.launch()
    for one in sides:
        one.ready()


def test_a_task_of_two_and_a_half_timeouts_runs_once_and_three_times_on_stock_settings(side):
    ours, stock = side(timeout=4), side(stock=True, timeout=4)
    together(ours, stock, each=2)
    for one in (ours, stock):
        one.send("x", 10)
    ours.until(lambda: ours.said("ended"))
    stock.until(lambda: stock.said("began") > 1)
    time.sleep(2)
    assert (ours.said("began"), ours.said("ended")) == (1, 1)


def test_a_task_that_outlives_an_outage_longer_than_the_timeout_runs_once(side, server):
    ours, stock = side(timeout=2), side(stock=True, timeout=2)
    together(ours, stock)
    for one in (ours, stock):
        one.send("x", 12)
        one.until(lambda one=one: one.said("began"))
    server.kill()
    time.sleep(4)
    server.start()
    ours.until(lambda: ours.said("ended"))
    stock.until(lambda: stock.said("began") > 1 or stock.workers[0].poll() is not None)
    time.sleep(3)
    assert (ours.said("began"), ours.said("ended")) == (1, 1)
    assert ours.workers[0].poll() is None


def test_an_idle_worker_comes_back_by_itself_after_a_long_outage(side, server):
    ours = side()
    worker = ours.start()
    server.kill()
    time.sleep(7)  # two tries to come back have failed by then
    server.start()
    ours.send("x", 0)
    ours.until(lambda: ours.said("ended"), 40)
    assert worker.poll() is None


def test_a_redis_that_stands_still_for_two_and_a_half_timeouts_makes_nothing_run_twice(side, server):
    ours = side(timeout=4)
    ours.start()
    ours.send("x", 5)
    ours.until(lambda: ours.said("began"))
    os.kill(server.pid, signal.SIGSTOP)
    time.sleep(10)
    os.kill(server.pid, signal.SIGCONT)
    ours.until(lambda: ours.said("ended"), 30)
    time.sleep(3)
    assert (ours.said("began"), ours.said("ended")) == (1, 1)


def test_cutting_every_connection_again_and_again_makes_nothing_run_twice(side):
    ours, stock = side(), side(stock=True)
    together(ours, stock)
    for one in (ours, stock):
        one.send("x", 6)
        one.until(lambda one=one: one.said("began"))
    for _ in range(3):
        ours.client.client_kill_filter(_type="normal", skipme=True)
        time.sleep(1)
    ours.until(lambda: ours.said("ended"))
    stock.until(lambda: stock.said("began") > 1 or stock.workers[0].poll() is not None)
    time.sleep(2)
    assert (ours.said("began"), ours.said("ended")) == (1, 1)


def test_a_worker_that_was_stopped_for_longer_than_the_timeout_does_not_take_its_own_work_again(side):
    ours = side(timeout=2)
    worker = ours.start()
    ours.send("x", 8)
    ours.until(lambda: ours.said("began"))
    os.kill(worker.pid, signal.SIGSTOP)
    time.sleep(4)
    os.kill(worker.pid, signal.SIGCONT)
    ours.until(lambda: ours.said("ended"))
    time.sleep(2)
    assert ours.said("began") == 1


def test_what_a_lost_worker_held_is_taken_back_when_the_next_one_starts(side):
    ours = side(timeout=3600)
    worker = ours.start()
    ours.send("x", 2)
    ours.until(lambda: ours.said("began"))
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    started = time.monotonic()
    ours.start()
    ours.until(lambda: ours.said("ended"))
    assert time.monotonic() - started < 15
    assert (ours.said("began"), ours.said("ended")) == (2, 1)
    assert "took back 1 message(s) of work" in ours.log(1).read_text()


def test_what_a_lost_control_held_is_taken_back_by_the_next_only_where_no_other_reads_the_queue(side):
    ours = side(queue="control")
    first, _ = ours.start(concurrency=1), ours.send("x", 12)
    ours.until(lambda: ours.said("began"))
    second = ours.start(concurrency=1)
    ours.send("y", 60)
    ours.until(lambda: ours.said("began", "y"))
    os.killpg(second.pid, signal.SIGKILL)
    third = ours.start(concurrency=1)
    assert (ours.said("began"), ours.said("began", "y")) == (1, 1)  # the first answers: nothing of it is taken
    for worker in (first, third):
        os.killpg(worker.pid, signal.SIGKILL)
    ours.start()
    ours.until(lambda: ours.said("began") == 2 and ours.said("began", "y") == 2)


def test_a_warm_shutdown_waits_for_what_runs_and_takes_nothing_more(side):
    ours = side()
    worker = ours.start(concurrency=1)
    ours.send("x", 3)
    ours.until(lambda: ours.said("began"))
    os.kill(worker.pid, signal.SIGTERM)
    ours.send("y", 0)
    assert worker.wait(20) == 0
    assert (ours.said("ended"), ours.said("began", "y")) == (1, 0)
    ours.start()
    ours.until(lambda: ours.said("ended", "y"))


def test_a_soft_shutdown_gives_what_runs_its_time_and_then_gives_it_back(side):
    ours = side(soft=3)
    worker = ours.start()
    ours.send("short", 1)
    ours.send("long", 60)
    ours.until(lambda: ours.said("began", "short") and ours.said("began", "long"))
    started = time.monotonic()
    os.kill(worker.pid, signal.SIGQUIT)
    worker.wait(20)
    assert 2.5 < time.monotonic() - started < 15
    assert (ours.said("ended", "short"), ours.said("ended", "long")) == (1, 0)
    assert ours.client.llen("ours:work") + ours.client.hlen("ours:unacked") == 1


def test_a_cold_shutdown_ends_at_once_and_gives_back_what_ran(side):
    ours = side()
    worker = ours.start()
    ours.send("x", 60)
    ours.until(lambda: ours.said("began"))
    started = time.monotonic()
    os.kill(worker.pid, signal.SIGQUIT)
    worker.wait(20)
    assert time.monotonic() - started < 10
    assert ours.client.llen("ours:work") + ours.client.hlen("ours:unacked") == 1
