"""A host without the server's programs: another one of the settings does the restore, to the same live server, with folders of its own."""

import pytest

from workers.artifact import encode
from workers.bench import moments
from workers.bench.wishes import Wish

pytestmark = pytest.mark.timeout(300)


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_another_host_that_has_the_programs_does_all_of_a_restore_and_leaves_nothing_there(lent, into):
    moment, count = lent.seen[-1]
    plan = moments.plan(lent.ground.bench, lent.hosts(), Wish("community", at=moment, into=into))
    assert plan.host == "db2"
    entry = lent.ground.ended(lent.ground.send("start.restore", "community", encode(plan.order)), 100)
    assert (entry.state, entry.run.host) == ("done", "db2"), entry
    assert {record.host for record in lent.ground.bench.ledger.steps(entry.run.id) if record.step.startswith("restore.")} == {"db2"}
    assert lent.count(into) == count
    root = lent.ground.here.root
    assert [*root.glob("scratch*/*"), *root.glob("spool*/*/*")] == []
    lent.ground.nothing_left()
