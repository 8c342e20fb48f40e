"""Beat's scheduler: of two, one emits; the other takes over; what could not be sent stays due; the last run is remembered."""

import time
from datetime import timedelta

import pytest
from celery import Celery
from celery.schedules import schedule
from redis import Redis

from compose.local.redis import Redis as Server
from workers.broker import scheduler
from workers.broker.config import config
from workers.broker.scheduler import RedisScheduler


@pytest.fixture
def broker(tmp_path):
    """A Redis of its own: it is stopped in one test."""
    with Server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def make(orders, broker, monkeypatch):
    """A way to make beats of one timetable with one entry."""
    monkeypatch.setattr(scheduler, "IDLE", 0.05)
    made = []

    def beat(every: float = 0.2) -> RedisScheduler:
        app = Celery("clock", set_as_current=False)
        app.conf.update(config(orders.settings), broker_url=broker.url, result_backend=broker.url)
        entry = {
            "task": "start.backup",
            "schedule": schedule(timedelta(seconds=every)),
            "args": ("community",),
            "options": {"queue": "control"},
        }
        app.conf.beat_schedule = {"full-community": entry}
        app.conf.task_publish_retry_policy = {"max_retries": 0}
        made.append(RedisScheduler(app))
        return made[-1]

    yield beat
    for one in made:
        one.close()


def sent(broker) -> int:
    return Redis.from_url(broker.url).llen("canvasback:control")


def turn(*beats: RedisScheduler, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for beat in beats:
            beat.tick()
        time.sleep(0.02)


def test_of_two_beats_one_emits(make, broker):
    beats, began = (make(0.5), make(0.5)), time.monotonic()
    while sent(broker) < 3:
        turn(*beats, seconds=0.25)
        assert time.monotonic() - began < 30
    assert sent(broker) <= (time.monotonic() - began) / 0.5 + 1  # two would have sent twice as many
    assert [beat.leads for beat in beats].count(True) == 1


def test_the_other_takes_over_where_the_last_run_was(make, broker):
    first, second = make(0.5), make(0.5)
    turn(first, second, seconds=0.75)
    before = sent(broker)
    first.close()
    turn(second, seconds=0.2)
    assert second.leads
    assert sent(broker) - before <= 1


def test_a_lead_that_is_not_renewed_ends(make, monkeypatch):
    monkeypatch.setattr(scheduler, "LEAD", 1000)
    first, second = make(), make()
    first.tick()
    assert (first.leads, second.tick(), second.leads) == (True, 0.05, False)
    time.sleep(1.1)
    second.tick()
    assert second.leads
    first.tick()
    assert not first.leads


def test_a_new_beat_remembers_the_last_run_and_does_not_repeat_it(make, broker):
    first = make(2)
    turn(first, seconds=2.3)
    first.close()
    before = sent(broker)
    turn(make(2), seconds=0.3)
    assert (before, sent(broker)) == (1, 1)


def test_an_entry_that_could_not_be_sent_stays_due(make, broker):
    beat = make(0.2)
    beat.tick()
    before = sent(broker)
    time.sleep(0.3)
    broker.kill()
    super(RedisScheduler, beat).tick()  # it led when the broker went away
    broker.start()
    turn(beat, seconds=0.15)
    assert sent(broker) > before


def test_a_broker_that_is_away_makes_nobody_lead(make, broker):
    beat = make()
    beat.tick()
    broker.kill()
    assert beat.tick() == 0.05
    assert not beat.leads
    broker.start()
