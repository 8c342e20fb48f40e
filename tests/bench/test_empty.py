"""The empty steps: as many as a real segment has, as messages on the queue that was asked for."""

from celery import Celery

from tests.bench import empty
from tests.bench.empty.stock import made


def test_a_segment_goes_through_four_steps_and_a_chord_counts_them():
    app = made("memory://")
    app.conf.update(task_always_eager=True, result_backend="cache+memory://")
    assert empty.canvas(app, 3, "work").apply_async().get() == 3


def test_every_message_goes_to_the_queue_that_was_asked_for():
    app = Celery("here", set_as_current=False)
    empty.register(app)
    ways = empty.canvas(app, 2, "work").tasks
    assert [[step.options["queue"] for step in way.tasks] for way in ways] == [["work"] * 4] * 2
    assert [step.task for step in ways[0].tasks] == [f"empty.{name}" for name in empty.STEPS]
