"""A host says to control what became of a run, and cannot make control do anything else."""

import base64
import json
import time

import pytest

from compose.local.cluster import Cluster
from tests.broker.secured import secured
from workers.broker import reports
from workers.topology import REPORTS

pytestmark = pytest.mark.timeout(90)

RUN = "1a2b3c4d"
ALERT = ("alert.failed", (RUN,))


def made(name, args, **carried):
    """A message as Celery writes it; `carried` are the tasks that are sent after its own."""
    body = base64.b64encode(json.dumps([args, {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None, **carried}]).encode())
    return json.dumps({"body": body.decode(), "headers": {"task": name}, "properties": {"delivery_tag": "1"}})


def order(name="start.restore", queue=REPORTS, **options):
    return {"task": name, "args": [], "kwargs": {}, "options": {"queue": queue, **options}}


@pytest.mark.parametrize("name", sorted(reports.ALERTS))
def test_an_alert_about_a_run_is_a_report(name):
    assert reports.fault(made(name, [RUN])) == ""
    assert reports.fault(made(name, [RUN], errbacks=[order("alert.failed")])) == ""


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (made("start.restore", ["community", {}]), "start.restore"),
        (made("housekeeping.cancel", [RUN, "me"]), "housekeeping.cancel"),
        (made(*ALERT, callbacks=[order()]), "start.restore"),
        (made(*ALERT, errbacks=[order()]), "start.restore"),
        (made(*ALERT, chain=[order()]), "start.restore"),
        (made(*ALERT, chord=order()), "a chord"),
        (made(*ALERT, callbacks=[order("alert.failed", "db2.source")]), "alert.failed elsewhere"),
        (made(*ALERT, callbacks=[order("alert.failed", link=[order()])]), "link of alert.failed"),
        (made("alert.failed", [RUN, "more"]), "is about one run"),
        (made("alert.failed", [{"run": RUN}]), "is about one run"),
        ("no message", "cannot be read"),
        (json.dumps({"body": "", "headers": {}}), "cannot be read"),
        (made(*ALERT, callbacks=["start.restore"]), "cannot be read"),
    ],
)
def test_anything_else_is_none(message, named):
    assert named in reports.fault(message)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    with secured(tmp_path_factory.mktemp("reports")) as ground:
        yield ground


@pytest.fixture
def control(ground):
    """Control's real worker, with its own rights."""
    cluster = Cluster(ground.settings, ground.root / "workers")
    cluster.environment |= ground.environment("control")
    cluster.start("control@control")
    yield cluster
    cluster.stop()


def test_what_a_host_orders_among_its_reports_is_never_done(ground, control, monkeypatch):
    """A message that says of itself that it comes from control's queue is dropped, or put back where it lay; no start follows."""
    host, all_seeing = ground.redis("db1", monkeypatch), ground.server.client()
    sent = json.loads(made("start.backup", ["on_db2", "full", None, RUN]))
    sent["properties"] |= {"delivery_info": {"exchange": "", "routing_key": "control"}, "delivery_mode": 2}
    carrying = json.loads(made(*ALERT, callbacks=[order("start.backup", "control")]))
    for number, message in enumerate((sent, carrying)):
        host.lpush("canvasback:reports", json.dumps(message | {"properties": sent["properties"] | {"delivery_tag": str(number)}}))
    end = time.monotonic() + 20
    while control.log("control@control").read_text().count("dropped from reports: start.backup") < 2:
        assert time.monotonic() < end, control.log("control@control").read_text()
        time.sleep(0.1)
    assert all_seeing.keys("canvasback:ledger:run:*") == []
    assert [all_seeing.llen(f"canvasback:{queue}") for queue in ("reports", "control")] == [0, 0]
    assert all_seeing.keys("canvasback:unacked*") == []
