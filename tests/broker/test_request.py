"""A producer that is killed after its result was stored and before its chord was told: the chord ends all the same, once."""

import gc
import signal
import subprocess
import sys
import time

import pytest
from celery import Celery, chord
from redis import Redis

from compose.local.redis import Redis as Server
from workers import command

WORKER = """
import os, signal
from celery import Celery
from redis import Redis
from workers.broker.chord import Producer

app = Celery("requests", broker="{url}", backend="{url}")
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1)
client, main, told = Redis.from_url("{url}"), os.getpid(), app.backend.on_chord_part_return

def killed_once(*arguments, **named):
    if os.getpid() != main and client.incr("kills") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return told(*arguments, **named)

app.backend.on_chord_part_return = killed_once

@app.task(name="r.produce", base={base})
def produce():
    client.incr("produced")
    return "dumped"

@app.task(name="r.body")
def body(results):
    client.rpush("body", repr(results))
"""


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path / "redis") as server:
        yield server


def send(url):
    sender = Celery("sender", broker=url, backend=url, set_as_current=False)
    chord([sender.signature("r.produce")], sender.signature("r.body")).apply_async()


def wait(seconds, seen):
    end = time.monotonic() + seconds
    while not seen() and time.monotonic() < end:
        time.sleep(0.05)


def run(server, folder, base, patience):
    """One chord whose header is killed at the worst moment: what its body was given, and how often the header ran."""
    (folder / "requests_app.py").write_text(WORKER.format(url=server.url, base=base))
    argv = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "requests_app",
        "worker",
        "-c",
        "1",
        "--without-gossip",
        "--without-mingle",
        "-l",
        "CRITICAL",
    ]
    worker = command.start(argv, stdout=subprocess.DEVNULL, env={"PYTHONPATH": str(folder)})
    client = Redis.from_url(server.url, decode_responses=True)
    try:
        send(server.url)
        gc.collect()  # a result that is forgotten says so to Redis, which has to be there still
        wait(60, lambda: client.get("kills"))
        wait(patience, lambda: client.llen("body"))
        return client.lrange("body", 0, -1), client.get("produced")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()


def test_the_chord_of_a_producer_that_died_after_its_result_was_stored_ends_once(server, tmp_path):
    assert run(server, tmp_path, "Producer", 30) == (["['dumped']"], "1")


def test_stock_celery_leaves_that_chord_waiting(server, tmp_path):
    assert run(server, tmp_path, "app.Task", 3) == ([], "1")
