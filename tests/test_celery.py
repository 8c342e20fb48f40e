"""Facts about the application: every queue has a worker, every task a role, every entry of the clock its task."""

import importlib
from dataclasses import replace
from pathlib import Path

from tests.catalog.samples import FACTS
from workers import topology
from workers.artifact import Order, Until


def registered(app, *modules):
    """Our tasks that these modules register."""
    for module in modules:
        importlib.import_module(module)
    own = ("backup.", "restore.", "start.", "alert.", "host.", "housekeeping.")
    return {name for name, task in app.tasks.items() if name.startswith(own) and task.__module__ in modules}


def test_every_task_of_the_canvases_is_registered_where_it_is_sent(orders):
    from tests.tasks.test_backup import RUN, SEGMENT  # their canvases need the settings of `orders`

    data = registered(orders.app, *topology.DATA_TASKS)
    stored = replace(SEGMENT, stored=SEGMENT.plain)
    chains = [orders.backup.segment_canvas(RUN, SEGMENT), orders.restore.segment_canvas(RUN, stored)]
    assert {task.task for chain in chains for task in chain.tasks} <= data
    onward = replace(RUN, order=Order(RUN.backup, "community", "x", FACTS, until=Until(gtid="0-10-1")))
    canvases = (orders.backup.canvas(RUN), orders.restore.canvas(RUN), orders.restore.canvas(onward))
    bodies = [task for canvas in canvases for task in (*canvas.tasks, *canvas.body.tasks)]
    control = registered(orders.app, *topology.CONTROL_TASKS)
    assert all(task.task in (control if task.options["queue"] == topology.REPORTS else data) for task in bodies)


def test_the_roles_share_no_task(orders):
    data, control = registered(orders.app, *topology.DATA_TASKS), registered(orders.app, *topology.CONTROL_TASKS)
    assert data
    assert control
    assert not data & control


def test_every_queue_has_exactly_one_worker(orders):
    queues = [queue.name for queue in topology.queues(orders.settings)]
    read = [queue for node in topology.nodes(orders.settings) for queue in node.reads]
    assert sorted(queues) == sorted(read)


def test_every_entry_of_the_clock_has_its_task_and_a_queue_that_is_read(orders):
    timetable = importlib.import_module("beat_schedule").timetable(orders.settings)
    control, data = (registered(orders.app, *modules) for modules in (topology.CONTROL_TASKS, topology.DATA_TASKS))
    read = {node.queue for node in topology.nodes(orders.settings)}
    assert timetable
    for entry in timetable.values():
        queue = entry["options"]["queue"]
        assert queue in read
        assert entry["task"] in (control if queue == topology.CONTROL else data)


def test_every_target_has_its_nightly_full(orders):
    timetable = importlib.import_module("beat_schedule").timetable(orders.settings)
    fulls = {entry["args"][0] for name, entry in timetable.items() if name.startswith("full-")}
    assert fulls == set(orders.settings.targets)


def test_a_task_is_at_most_twelve_lines():
    import ast  # only this fact needs it

    for path in Path("tasks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(found).split("(")[0] for found in node.decorator_list):
                assert node.end_lineno - node.lineno <= 12, f"{path}: {node.name}"


def test_no_vendor_is_named_in_the_orders():
    for path in Path("tasks").glob("*.py"):
        text = path.read_text().lower()
        assert not [word for word in ("mysql", "mariadb", "boto3", "slack_sdk", "zstandard", "pymysql") if word in text], path
