"""A trial: a copy of which the server's binary log, and so no replica and no later point in time, ever hears."""

from contextlib import closing
from dataclasses import replace

import pytest

from tests.sources.mysql.restoring import depart
from workers.artifact import Role
from workers.errors import Permanent, Refused
from workers.sources.mysql.session import rows
from workers.sources.mysql.source import MysqlSource

ONE = "CREATE TABLE t (i INT PRIMARY KEY, f FLOAT); INSERT INTO t VALUES (1, 0.1), (2, 1e9);"


def logged(ground) -> tuple[object, ...]:
    """Where the binary log ends."""
    asked = "SHOW BINARY LOG STATUS" if ground.server.flavour == "mysql" else "SHOW MASTER STATUS"
    return ground.execute(asked)[0]


def back(ground, journey, order) -> None:
    source = MysqlSource(ground.options(journey.facts.place), ground.server.password)
    source.prepare(order, journey.of(Role.SCHEMA))
    for piece in journey.of(Role.DATA):
        source.load(order, *piece)
    source.finish(order, journey.of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA))


@pytest.mark.parametrize("scratch", [True, False])
def test_the_binary_log_hears_of_a_restore_and_not_of_a_trial(ground, scratch) -> None:
    journey = depart(ground, ONE)
    order, before = replace(journey.order(), scratch=scratch), logged(ground)
    back(ground, journey, order)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)
    assert (logged(ground) == before) is scratch


def test_a_trial_over_the_database_itself_is_refused(ground) -> None:
    journey = depart(ground, ONE)
    order = replace(journey.order(journey.facts.place, "community"), scratch=True)
    with pytest.raises(Refused, match="no replica and no later point in time would know"):
        back(ground, journey, order)


def test_a_missing_right_is_named_before_anything_is_made(ground) -> None:
    journey = depart(ground, ONE)
    order = replace(journey.order(), scratch=True)
    user = ground.account("ALL ON `r_%`.*")
    with closing(ground.server.connect()) as session:
        rows(session, f"GRANT SELECT ON `{journey.facts.place}`.* TO '{user}'@'%'")
    server = replace(ground.target(journey.facts.place, user), logged=False)
    right = "SESSION_VARIABLES_ADMIN" if ground.server.flavour == "mysql" else "BINLOG ADMIN"
    with pytest.raises(Permanent, match=rf"out of the binary log: .*GRANT {right} ON \*\.\* TO '{user}'"):
        server.connect()
    assert ground.execute(f"SHOW DATABASES LIKE '{order.into}'") == []
