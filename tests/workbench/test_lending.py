"""Another host does a restore where the target's own has not the programs: who is asked, and what speaks against whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.catalog.samples import FACTS, FULL, PHYSICAL
from workers.artifact import Lent, Order
from workers.bench import lending, opening
from workers.bench.planning import Forecast, RestorePlan
from workers.bench.scratch import Need
from workers.bench.tools import Tools
from workers.errors import Refused
from workers.ports import Finding, LogSource, Place

NEED = Need(FACTS, 1)
NONE = Finding(False, "server program", "no mysqld here", "install it")
HERE = Finding(True, "server program", "mysqld 9.7.4")
ROLES = {"files1": "files", "db1": "database", "db2": "database", "control": "control"}


def live(name: str) -> Finding:
    return Finding(True, "live server", name)


@pytest.fixture
def tools(orders: Any) -> Tools:
    """Four hosts, of which db1 is the target's own."""
    row = orders.settings.hosts["db1"]
    hosts = {name: row.model_copy(update={"role": role}) for name, role in ROLES.items()}
    return Tools(orders.settings.model_copy(update={"hosts": hosts}))


class Hosts:
    """What each host says; those that are not there are silent."""

    def __init__(self, **said: tuple[Finding, ...]) -> None:
        self.said, self.asked = said, list[tuple[str, bool]]()

    def __call__(self, target: str, need: Need, host: str) -> tuple[Finding, ...]:
        self.asked.append((host, need.live))
        if host not in self.said:
            raise Refused(f"no worker answers on {host}.restore")
        return self.said[host]


def test_a_host_that_has_the_programs_itself_is_asked_alone(tools: Tools) -> None:
    hosts = Hosts(db1=(HERE,))
    assert lending.able(tools, hosts, "community", NEED) == (None, (HERE,))
    assert hosts.asked == [("db1", False)]


def test_the_first_that_can_and_reaches_the_same_server_does_it_those_of_the_same_role_first(tools: Tools) -> None:
    hosts = Hosts(db1=(NONE, live("a")), db2=(NONE, live("a")), files1=(HERE, live("a")))
    assert lending.able(tools, hosts, "community", NEED) == (Lent("files1", "a"), (HERE, live("a")))
    assert hosts.asked == [("db1", False), ("db1", True), ("db2", True), ("files1", True)]


def test_where_nobody_can_each_host_is_named_with_its_reason(tools: Tools) -> None:
    hosts = Hosts(db1=(NONE, live("a")), db2=(HERE, live("b")))
    with pytest.raises(Refused) as refused:
        lending.able(tools, hosts, "community", NEED)
    assert refused.value.reason.splitlines() == [
        "db1 cannot do this restore: no mysqld here; install it",
        "  · nor can db2: the address of the live server leads to b from there, and not to a",
        "  · nor can files1: no worker answers on files1.restore",
    ]


def test_a_new_server_is_made_on_its_own_host_or_not_at_all(tools: Tools) -> None:
    hosts = Hosts(db1=(NONE,))
    with pytest.raises(Refused, match=r"^db1 cannot do this restore: no mysqld here; install it$"):
        lending.able(tools, hosts, "community", replace(NEED, server="/srv/new"))
    assert hosts.asked == [("db1", False)]


def physical(server: str = "") -> RestorePlan:
    """The plan of a restore of a whole server's files, or of one database of them."""
    order = Order(PHYSICAL.id, "community", server or "community_r", PHYSICAL.facts, server=server)
    place = Place(order.into, exists=False, empty=True)
    return RestorePlan("community", "db1", PHYSICAL, ("nas",), order, place, Forecast(timedelta(1)), None, reads=PHYSICAL.segments)


def test_one_database_of_a_whole_servers_files_comes_back_through_another_host_where_its_own_cannot_serve_them(tools: Tools) -> None:
    hosts = Hosts(db1=(NONE, live("a")), db2=(HERE, live("a")))
    found = lending.served(tools, hosts, physical())
    assert (found.order.lent, found.by, found.host) == (Lent("db2", "a"), "db2", "db1")
    assert lending.served(tools, Hosts(db1=(HERE,)), physical()) == physical()


def test_what_cannot_be_done_for_another_is_refused_beforehand(tools: Tools) -> None:
    hosts = Hosts(db1=(NONE, live("a")), db2=(HERE, live("a")))
    with pytest.raises(Refused, match=r"^db1 cannot do this restore: no mysqld here; install it$"):
        lending.served(tools, hosts, physical("/srv/new"))
    with pytest.raises(Refused, match=rf"^db1 cannot verify {PHYSICAL.id}: no mysqld here; install it$"):
        lending.tried(tools, hosts, PHYSICAL)
    assert hosts.asked == [("db1", False), ("db1", False)]


def test_a_logical_full_asks_nobody(tools: Tools) -> None:
    hosts, plan = Hosts(), physical()
    logical = replace(plan, order=replace(plan.order, facts=FACTS))
    assert lending.served(tools, hosts, logical) == logical
    lending.tried(tools, hosts, FULL)
    assert hosts.asked == []


def test_a_restore_that_is_done_for_another_runs_there_and_keeps_others_off_both_hosts(tools: Tools) -> None:
    order = Order("b", "community", "x", FACTS, lent=Lent("db2", "a"))
    opened = opening.restore(tools, "community", order, None)
    assert (opened.run.host, opened.locks) == ("db2", ("restore:db2", "restore:db1"))


def test_a_host_that_is_in_no_settings_is_refused(tools: Tools) -> None:
    with pytest.raises(Refused, match='no host "db3"; did you mean "db2"'):
        opening.restore(tools, "community", Order("b", "community", "x", FACTS, lent=Lent("db3", "a")), None)


class Live(LogSource):  # type: ignore[misc]  # what else it could do is not asked
    """A source whose server says who it is."""

    def identity(self) -> str:
        return "b"


def test_another_server_under_the_same_address_is_refused_before_anything_is_done() -> None:
    order = Order("b", "community", "x", FACTS, lent=Lent("db2", "a"))
    with pytest.raises(Refused, match="db2 cannot do this restore: the address of the live server leads to b from there, and not to a"):
        lending.prove(order, Live())
    lending.prove(replace(order, lent=Lent("db2", "b")), Live())
    lending.prove(replace(order, lent=None), Live())
