"""The restore canvas mirrors the backup canvas."""

from dataclasses import replace

from tests.catalog.samples import FACTS
from tests.tasks.test_backup import RUN, SEGMENT, links
from workers.artifact import Order, Until


def test_the_chord_has_one_producer_on_the_hosts_restore_queue(orders):
    assert links(orders.restore.canvas(RUN)) == [("restore.prepare", "db1.restore")]


def test_a_restore_to_a_moment_begins_with_a_replay(orders):
    order = Order(RUN.backup, "community", "x", FACTS, until=Until(gtid="0-10-1"))
    assert links(orders.restore.canvas(replace(RUN, order=order))) == [("restore.replay", "db1.restore")]


def test_what_comes_from_a_scratch_server_is_only_loaded(orders):
    only = orders.restore.segment_canvas(RUN, SEGMENT)
    assert (only.task, only.options["queue"]) == ("restore.load", "db1.restore")


def test_finish_runs_on_the_host_and_announce_on_control(orders):
    assert links(orders.restore.canvas(RUN).body) == [("restore.finish", "db1.restore"), ("alert.announce", "reports")]


def test_a_segment_comes_back_through_four_pinned_steps(orders):
    chain = orders.restore.segment_canvas(RUN, replace(SEGMENT, stored=SEGMENT.plain))
    assert links(chain) == [(f"restore.{step}", "db1.restore") for step in ("fetch", "verify", "decompress", "load")]


def test_a_failure_of_the_body_is_told_to_control(orders):
    (errback,) = orders.restore.canvas(RUN).body.options["link_error"]
    assert errback["task"] == "alert.failed"
