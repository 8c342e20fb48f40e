"""What would be lost now: up to the end of the logs that lead on without a gap, and asked of few manifests."""

from typing import Any

import pytest

from tests.catalog.samples import FACTS
from tests.catalog.test_recovery import History
from tests.workbench.test_moments import keep
from workers.bench import chains
from workers.bench.tools import Tools
from workers.catalog import index

HISTORY = History((2, 2, 2))
FULL = HISTORY.full(0, 1)
BUNDLES = tuple(HISTORY.bundle(index) for index in range(3))


@pytest.fixture
def tools(orders: Any) -> Tools:
    plan = orders.settings.plans["database"]
    plan = type(plan).model_validate(plan.model_dump() | {"logs": "5m"})
    return Tools(orders.settings.model_copy(update={"plans": {"database": plan}}))


def reach(tools: Tools) -> Any:
    return chains.reach(tools, "community", index.backups(tools.stores_of("community"), "community").entries)


def test_without_a_backup_there_is_none(tools: Tools) -> None:
    assert reach(tools) is None


def test_logs_lead_on_to_the_moment_of_their_last_shipping(tools: Tools) -> None:
    keep(tools, FULL, *BUNDLES)
    assert reach(tools) == chains.stretches(tools, "community", tools.stores_of("community"))[-1].end > FULL.facts.snapshot


def test_behind_a_gap_nothing_counts(tools: Tools) -> None:
    keep(tools, FULL, BUNDLES[0], BUNDLES[2])
    assert FULL.facts.snapshot < reach(tools) < BUNDLES[2].facts.snapshot


def test_where_no_logs_are_shipped_the_newest_backup_counts(orders: Any) -> None:
    keep(orders.app.tools, FULL, *BUNDLES)
    assert reach(orders.app.tools) == FULL.facts.snapshot


def test_only_what_began_with_the_full_or_after_it_is_read(tools: Tools) -> None:
    keep(tools, *BUNDLES)
    shelf = f"logs-{FACTS.identity}"
    found = index.backups(tools.stores_of("community"), shelf, BUNDLES[1].id.replace("-log-", "-full-")).entries
    assert [entry.manifest.id for entry in found] == [BUNDLES[2].id, BUNDLES[1].id]
