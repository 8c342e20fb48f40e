"""What the verbs share: who is late, which run is meant, what could be given."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from tasks.desk import asking
from tests.catalog.samples import FACTS, FULL, put
from workers.artifact import Run
from workers.errors import Refused


@pytest.fixture
def tools(orders):
    orders.app.tools.redis.flushdb()
    return orders.app.tools


def opened(tools, *names):
    for name in names:
        tools.ledger.open(Run(name, "backup", "community", "db1", FULL.id))


def backed_up(tools, ago):
    """A full backup of the target, so long ago."""
    moment = datetime.now(UTC) - ago
    made = replace(FULL, id=f"{moment:%Y%m%dT%H%M%SZ}-full-9f3a11c2", facts=replace(FACTS, snapshot=moment))
    put(tools.store("nas"), made)
    return made


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (None, "Canvasback: 1 target. community has no backup. help() shows what you can ask."),
        (timedelta(hours=27), "Canvasback: 1 target. community is outside its RPO (27 h, objective 1 h). help() shows what you can ask."),
        (timedelta(minutes=5), "Canvasback: 1 target. help() shows what you can ask."),
    ],
)
def test_the_first_line_names_those_that_are_late_and_no_others(tools, ago, said):
    if ago:
        backed_up(tools, ago)
    assert asking.banner(tools) == said


def test_a_store_that_is_away_is_told_where_its_backups_would_stand(tools, orders, tmp_path):
    orders.nas.rename(tmp_path / "away")
    (row,) = asking.rows(tools)
    assert row.newest is None
    assert row.problem.startswith("nas: ")


def test_a_run_is_the_newest_or_the_one_that_begins_so(tools):
    opened(tools, "7c1e0a2b", "9f3a11c2")
    assert asking.newest(tools, None) in ("7c1e0a2b", "9f3a11c2")
    assert (asking.newest(tools, "7c"), asking.newest(tools, "ffff")) == ("7c1e0a2b", "ffff")


def test_the_beginning_of_several_runs_is_refused_with_their_names(tools):
    opened(tools, "7c1e0a2b", "7c1e9999")
    with pytest.raises(Refused, match="'7c1e' begins several runs: ") as caught:
        asking.newest(tools, "7c1e")
    assert all(name in caught.value.reason for name in ("7c1e0a2b", "7c1e9999"))


def test_where_there_was_no_run_it_says_so(tools):
    with pytest.raises(Refused, match="there was no run yet"):
        asking.newest(tools, None)


def test_what_could_be_given_is_a_line_to_type_with_its_newest_backup(tools):
    made, screen = backed_up(tools, timedelta(minutes=5)), io.StringIO()
    asking.offer(tools, Console(file=screen, width=160), 'window("{}")')
    assert screen.getvalue().split(maxsplit=1) == ['window("community")', f"newest backup {made.id}\n"]


def test_runs_that_are_going_are_offered_and_their_absence_is_told(tools):
    screen = io.StringIO()
    asking.offer_open(tools, Console(file=screen, width=160), 'cancel("{}")')
    opened(tools, "7c1e0a2b")
    asking.offer_open(tools, Console(file=screen, width=160), 'cancel("{}")')
    nothing, going = screen.getvalue().splitlines()
    assert (nothing, going.split(maxsplit=1)) == ("  no run is going", ['cancel("7c1e0a2b")', "backup of community"])
