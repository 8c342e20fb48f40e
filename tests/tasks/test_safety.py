"""The canvases of a restore over live data: which is sent first, and what the end of that sends."""

import pytest

from tests.catalog.samples import FULL
from workers.artifact import Order
from workers.bench import opening

OVER = Order(FULL.id, "community", "community", FULL.facts, "community")


@pytest.fixture
def steps(orders):
    from tasks import safety

    orders.app.tools.redis.flushdb()
    return safety


def restore(orders, order=OVER):
    opened = opening.restore(orders.app.tools, "community", order, None)
    opened.take(orders.app.tools.ledger)
    return opened.run


def sent(orders, queue):
    """How many messages a queue has; they are taken."""
    with orders.app.connection_for_write() as connection:
        return connection.default_channel.queue_purge(queue)


def test_a_restore_over_live_data_begins_with_a_backup_and_any_other_with_itself(orders, steps):
    run = restore(orders)
    canvas = steps.canvas(run)
    assert [task.task for task in canvas.tasks] == ["backup.dump"]
    assert canvas.tasks[0].args == (run.first,)
    orders.app.tools.ledger.close(run.id, "done")
    beside = restore(orders, Order(FULL.id, "community", "copy", FULL.facts))
    assert [task.task for task in steps.canvas(beside).tasks] == ["restore.prepare"]


def test_the_end_of_a_safety_backup_sends_its_restore_once(orders, steps):
    ledger, run = orders.app.tools.ledger, restore(orders)
    steps.canvas(run)
    steps.follow(run.first)
    assert sent(orders, "db1.restore") == 0
    ledger.close(run.first, "done")
    steps.follow(run.first)
    steps.follow(run.first)
    assert sent(orders, "db1.restore") == 1


def test_the_failure_of_a_safety_backup_has_its_restore_ended(orders, steps):
    ledger, run = orders.app.tools.ledger, restore(orders)
    steps.canvas(run)
    ledger.close(run.first, "failed")
    sent(orders, "control")
    steps.follow(run.first)
    assert (sent(orders, "control"), sent(orders, "db1.restore")) == (1, 0)


def test_the_end_of_any_other_run_sends_nothing(orders, steps):
    run = restore(orders, Order(FULL.id, "community", "copy", FULL.facts))
    orders.app.tools.ledger.close(run.id, "done")
    steps.follow(run.id)
    assert sent(orders, "control") + sent(orders, "db1.restore") == 0
