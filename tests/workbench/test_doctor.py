"""The doctor's round: what is missing is named, and nobody is waited for in vain."""

import pytest

from workers.artifact import encode
from workers.bench import doctor
from workers.errors import Refused
from workers.ports import Finding

ALL = frozenset({"source@db1", "segments@db1", "restore@db1", "control@control"})


def answers(*_):
    return [encode(Finding(False, "privilege SELECT", "missing on *.*", "GRANT SELECT …"))]


def silence(*_):
    raise Refused("no worker answers on db1.source")


@pytest.fixture
def tools(orders):
    return orders.app.tools


def test_every_worker_that_answers_is_fine(tools):
    assert all(finding.ok for finding in doctor.Round(tools, ALL, answers).workers())


def test_a_missing_worker_is_named_with_the_line_that_starts_it(tools):
    found = [finding for finding in doctor.Round(tools, ALL - {"restore@db1"}, answers).workers() if not finding.ok]
    assert [(finding.what, finding.remedy) for finding in found] == [
        ("worker restore@db1", "on db1: celery -A workers worker -n restore@db1 -Q db1.restore")
    ]


def test_a_second_worker_of_control_counts_as_the_first_and_a_stranger_is_passed_over(tools):
    assert doctor.alive(tools.settings, frozenset({"control2@control", "celery@elsewhere"})) == {"control@control"}


def test_what_the_host_finds_is_told_under_the_targets_name(tools):
    (found,) = doctor.Round(tools, ALL, answers).targets()
    assert (found.ok, found.what, found.remedy) == (False, "community: privilege SELECT", "GRANT SELECT …")


def test_a_host_whose_worker_is_missing_is_not_asked(tools):
    (found,) = doctor.Round(tools, frozenset(), lambda *_: pytest.fail("asked")).targets()
    assert "source@db1 does not answer" in found.found


def test_a_host_that_falls_silent_is_a_finding_and_not_the_end_of_the_round(tools):
    (found,) = doctor.Round(tools, ALL, silence).targets()
    assert (found.ok, found.found) == (False, "no worker answers on db1.source")


def test_a_store_that_answers_says_how_much_still_fits(tools):
    (found,) = doctor.stores(tools)
    assert found.ok
    assert found.found.endswith("iB free")


def test_a_store_that_is_not_mounted_is_a_finding(orders, tools):
    (orders.nas / ".canvasback-store").unlink()
    orders.nas.rmdir()
    (found,) = doctor.stores(tools)
    assert (found.ok, found.what) == (False, "store nas")


def test_secrets_that_nobody_needs_are_no_fault(tools):
    (found,) = doctor.kept_secrets(tools.settings)
    assert found.ok


def test_a_secret_that_control_needs_is_missed_by_its_file(orders, tools, tmp_path):
    with (tmp_path / "canvasback.toml").open("a") as file:
        file.write('[alerts.slack]\nevents = ["failure"]\n')
    (found,) = doctor.kept_secrets(tools.settings)
    assert not found.ok
    assert str(tmp_path / "secrets" / "alerts_slack_webhook") in found.what


def test_a_secret_that_others_can_read_is_a_fault_and_is_not_shown(tools, tmp_path):
    (tmp_path / "secrets").mkdir()
    secret = tmp_path / "secrets" / "broker_password"
    secret.write_text("hunter2")
    secret.chmod(0o644)
    (found,) = doctor.kept_secrets(tools.settings)
    assert "0644" in found.found
    assert "hunter2" not in str(found)


def test_a_clock_that_goes_with_the_brokers_is_fine(redis):
    (found,) = doctor.clock(redis.url)
    assert found.ok


def test_a_clock_that_is_too_far_off_is_a_fault(redis, monkeypatch):
    monkeypatch.setattr(doctor, "CLOCK", -1.0)
    (found,) = doctor.clock(redis.url)
    assert not found.ok
    assert "time service" in found.remedy


def test_a_broker_that_is_away_has_no_clock():
    assert list(doctor.clock("redis://127.0.0.1:1/0")) == []
