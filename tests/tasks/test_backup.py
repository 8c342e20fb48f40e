"""The backup canvas: what is sent, where to, and who hears of a failure."""

from workers.artifact import Form, Role, Run, Segment, encode

RUN = Run("7d06883c", "backup", "community", "db1", "20261122T000000Z-full-9f3a11c2")
SEGMENT = Segment(3, "data", Role.DATA, Form(5, "ab"))


def links(chain):
    return [(task.task, task.options["queue"]) for task in chain.tasks]


def test_the_chord_has_one_dump_on_the_hosts_source_queue(orders):
    canvas = orders.backup.canvas(RUN)
    assert links(canvas) == [("backup.dump", "db1.source")]


def test_seal_runs_on_the_host_and_announce_on_control(orders):
    body = orders.backup.canvas(RUN).body
    assert links(body) == [("backup.seal", "db1.segments"), ("alert.announce", "reports")]


def test_a_segment_goes_through_four_pinned_steps(orders):
    chain = orders.backup.segment_canvas(RUN, SEGMENT)
    assert links(chain) == [(f"backup.{step}", "db1.segments") for step in ("checksum", "compress", "upload", "verify")]


def test_the_first_step_carries_the_segment_and_every_step_the_run(orders):
    first, *rest = orders.backup.segment_canvas(RUN, SEGMENT).tasks
    assert first.args == (encode(SEGMENT), RUN.id)
    assert all(task.args == (RUN.id,) for task in rest)


def test_a_failure_of_the_body_is_told_to_control_once_and_without_arguments_of_the_failure(orders):
    (errback,) = orders.backup.canvas(RUN).body.options["link_error"]
    assert (errback["task"], errback["args"], errback["options"]["queue"], errback["immutable"]) == (
        "alert.failed",
        (RUN.id,),
        "reports",
        True,
    )
