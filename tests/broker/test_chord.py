"""The chord that grows while its first task runs: counted once, in order, one errback, and never waiting for what was not sent.

The last two tests say when a repair can go: they hold as long as stock Celery needs it.
"""

import gc
import time

import pytest
from celery import Celery, chain, chord
from celery.app.task import Task
from celery.contrib.testing.worker import start_worker
from redis import Redis

from compose.local.redis import Redis as Server
from workers.artifact import Run, new_run_id
from workers.broker import chord as chords
from workers.broker.chord import Producer
from workers.broker.config import config
from workers.errors import Permanent

PARTS = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Redis of its own: it is restarted in one test."""
    with Server(tmp_path_factory.mktemp("chord")) as server:
        yield server


@pytest.fixture
def app(orders, server):
    """An application with a producer, parts that pass or fail, a body and an errback; each notes what it saw."""
    app = Celery("chords", set_as_current=False, task_cls="workers.step:Step")
    app.conf.update(config(orders.settings), broker_url=server.url, result_backend=server.url)
    client = Redis.from_url(server.url, decode_responses=True)
    client.flushall()

    @app.task(shared=False, name="t.produce", bind=True, base=Producer)
    def produce(self, order, lost=False):
        for index in order:
            queue = "nobody" if lost and index == order[-1] else "control"
            parts = chain(app.signature("t.part", (index,), queue="control"), app.signature("t.relay", queue="control"))
            parts.tasks[0].set(queue=queue)
            self.add_part(parts, index)
        return "dumped"

    @app.task(shared=False, name="t.part")
    def part(index):
        client.rpush("ran", index)
        if index < 0:
            raise Permanent(f"part {index} broke")
        return index

    @app.task(shared=False, name="t.relay")
    def relay(value):
        return value

    @app.task(shared=False, name="t.body")
    def body(results):
        client.rpush("body", repr(results))

    @app.task(shared=False, name="t.failed")
    def failed():
        client.rpush("failed", "once")

    app.seen = lambda name: client.lrange(name, 0, -1)
    with start_worker(app, pool="solo", queues=["control"], perform_ping_check=False, shutdown_timeout=20):
        yield app
    gc.collect()  # a result that is forgotten says so to Redis, which has to be there still


def send(app, *arguments):
    """One chord around a producer; ends when its body or its errback has run."""
    body = app.signature("t.body", queue="control")
    body.link_error(app.signature("t.failed", queue="control", immutable=True))
    chord([app.signature("t.produce", arguments, queue="control")], body).apply_async()
    end = time.monotonic() + 20
    while not (app.seen("body") or app.seen("failed")):
        assert time.monotonic() < end, "the chord never ended"
        time.sleep(0.05)
    time.sleep(0.3)  # what came twice would come now


@pytest.fixture
def producer(app):
    """The producer as it sees itself inside a chord."""
    task = app.tasks["t.produce"]
    task.push_request(group="a-group", chord=app.signature("t.body"), id="a-task")
    yield task
    task.pop_request()


def counter(app, group="a-group"):
    return int(app.backend.client.get(app.backend.get_key_for_group(group, ".t")) or 0)


def test_the_body_gets_the_results_in_the_order_of_their_indices(app):
    send(app, [3, 1, 5, 2, 4])
    assert app.seen("ran") == ["3", "1", "5", "2", "4"]
    assert app.seen("body") == ["['dumped', 1, 2, 3, 4, 5]"]
    assert app.seen("failed") == []


def test_a_producer_without_parts_ends_with_its_own_result(app):
    send(app, [])
    assert app.seen("body") == ["['dumped']"]


@pytest.mark.parametrize("order", [[1, -2, 3], [-1, -2, -3]])
def test_however_many_parts_fail_there_is_one_errback_and_no_body(app, order):
    send(app, order)
    assert (app.seen("failed"), app.seen("body")) == (["once"], [])


def test_a_part_that_cannot_be_sent_fails_the_chord_once_and_is_not_waited_for(app):
    send(app, [1, 2, 3], True)
    assert (app.seen("ran"), app.seen("failed"), app.seen("body")) == (["1", "2"], ["once"], [])


def test_a_part_is_counted_once_and_taken_back_once_however_often_it_is_said(app, producer):
    for _ in range(3):
        chords.count(producer, chords._ADD, "part")
    chords.count(producer, chords._ADD, "another")
    assert counter(app) == 2
    for _ in range(3):
        chords.count(producer, chords._TAKE_BACK, "part")
    assert counter(app) == 1


def test_counting_rides_out_a_broker_that_restarts(app, producer, server):
    chords.count(producer, chords._ADD, "before")
    server.kill()
    server.start()
    chords.count(producer, chords._ADD, "after")
    assert counter(app) == 2


def test_a_producer_outside_of_a_chord_says_where_it_belongs(app):
    with pytest.raises(Permanent, match="only task of a chord's header"):
        app.tasks["t.produce"].add_part(app.signature("t.part", (1,)), 1)


def test_stock_celery_counts_a_repeated_part_twice(app):
    for _ in range(2):
        app.backend.add_to_chord("stock", None)
    assert counter(app, "stock") == 2


def test_stock_celery_gives_every_part_the_index_of_its_producer(app, producer):
    producer.request.group_index = 0
    added = [Task.add_to_chord(producer, app.signature("t.part", (index,)), lazy=True) for index in (1, 2)]
    assert [part.options["group_index"] for part in added] == [0, 0]


def test_a_producer_that_comes_again_after_it_was_done_gives_the_same_and_does_nothing(app, orders):
    run = Run(new_run_id(), "backup", "community", "db1", "20261122T000000Z-full-9f3a11c2")
    orders.app.tools.ledger.open(run)
    made = []

    @orders.app.task(shared=False, name=f"backup.producer_{run.id}", bind=True, base=Producer)
    def produce(self, run):
        made.append(run)
        return {"segments": 7}

    assert [produce(run.id), produce(run.id)] == [{"segments": 7}] * 2
    assert made == [run.id]
