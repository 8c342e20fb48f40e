"""The restore canvas mirrors the backup canvas."""

from tests.tasks.test_backup import RUN, SEGMENT, links


def test_the_chord_has_one_producer_on_the_hosts_restore_queue(orders):
    assert links(orders.restore.canvas(RUN)) == [("restore.prepare", "db1.restore")]


def test_finish_runs_on_the_host_and_announce_on_control(orders):
    assert links(orders.restore.canvas(RUN).body) == [("restore.finish", "db1.restore"), ("alert.announce", "reports")]


def test_a_segment_comes_back_through_four_pinned_steps(orders):
    chain = orders.restore.segment_canvas(RUN, SEGMENT)
    assert links(chain) == [(f"restore.{step}", "db1.restore") for step in ("fetch", "verify", "decompress", "load")]


def test_a_failure_of_the_body_is_told_to_control(orders):
    (errback,) = orders.restore.canvas(RUN).body.options["link_error"]
    assert errback["task"] == "alert.failed"
