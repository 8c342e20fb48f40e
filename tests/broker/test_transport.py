"""When a channel that closes gives back what it holds: only in a worker that was told to stop."""

from types import SimpleNamespace

import pytest
from celery.worker import state

from workers.broker import transport


@pytest.mark.parametrize("flag", ["should_stop", "should_terminate"])
@pytest.mark.parametrize("status", [0, 1, True])
def test_a_worker_that_was_told_to_stop_gives_back_with_whatever_status(monkeypatch, flag, status):
    monkeypatch.setattr(state, flag, status)
    assert transport.stopping()


def test_a_worker_that_lost_its_connection_gives_nothing_back(monkeypatch):
    monkeypatch.setattr(state, "should_stop", None)
    monkeypatch.setattr(state, "should_terminate", False)
    assert not transport.stopping()


def test_a_look_for_lost_messages_renews_ours_first_and_again_where_redis_stood_still_meanwhile(monkeypatch):
    clock, renewed = iter([0.0, 0.0, 5.0, 5.0, 5.2]), []  # asked before and after each renewal
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(transport.visibility, "renew", renewed.append)
    monkeypatch.setattr(transport.taking.QoS, "restore_visible", lambda self: renewed.append("looked"))
    qos = transport.QoS.__new__(transport.QoS)
    qos.channel = "ours"
    qos.restore_visible()
    assert renewed == ["ours", "ours", "looked"]
