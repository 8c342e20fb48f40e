"""How many connections read a target at once, where its plan does not say."""

import os

import pytest

from workers.bench.tools import Tools
from workers.spool.sizes import MIB


@pytest.mark.parametrize(("cores", "spool", "count"), [(1, 96, 1), (2, 96, 1), (4, 96, 2), (16, 96, 3), (16, 1024, 8), (16, 8, 1)])
def test_half_the_cores_read_as_far_as_the_spool_has_room(orders, monkeypatch, cores, spool, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    room = orders.settings.spool.model_copy(update={"bytes": spool * MIB})
    tools = Tools(orders.settings.model_copy(update={"spool": room}))
    assert tools.streams("community") == count
    assert tools.source("community").streams == count


def test_a_plan_that_says_how_many_is_followed(orders, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    plan = orders.settings.plans["database"].model_copy(update={"streams": 6})
    tools = Tools(orders.settings.model_copy(update={"plans": {"database": plan}}))
    assert tools.streams("community") == 6
