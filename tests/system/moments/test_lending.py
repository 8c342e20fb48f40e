"""A host without the server's programs: another one of the settings does the restore, to the same live server, with folders of its own."""

from dataclasses import replace

import pytest

from tests.system.conftest import client
from workers.artifact import encode
from workers.bench import moments
from workers.bench.tools import Tools
from workers.bench.wishes import Wish
from workers.settings import load

pytestmark = pytest.mark.timeout(300)
SECOND = ("restore@db2", "segments@db2")


@pytest.fixture
def lent(past):
    """The history as somebody sees it whose host db1 has lost the program, and who has a second host that has it."""
    ground, here = past.ground, past.ground.here
    (ground.tools.folder / "mariadbd").unlink()
    here.more = '[hosts.db2]\nrole = "database"\n'
    here.write_settings(spool="24MiB")
    here.cluster.kill("control@control")
    here.cluster.start("control@control")
    usual, own = here.cluster.environment, {"SCRATCH_DIR": "scratch2", "SPOOL__PATH": "spool2"}
    apart = {f"CANVASBACK_{key}": str(here.root / name) for key, name in own.items()}
    here.cluster.environment = usual | apart | {"CANVASBACK_TARGETS__COMMUNITY__MYSQL__TOOLS": str(here.database.tools)}
    here.cluster.start(*SECOND)
    here.cluster.environment = usual
    settings = load(here.settings)
    yield replace(past, ground=replace(ground, bench=Tools(settings), client=client(settings)))
    for name in SECOND:
        here.cluster.kill(name)
    here.more = ""
    here.write_settings(spool="24MiB")


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
