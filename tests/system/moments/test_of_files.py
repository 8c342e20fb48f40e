"""Back to a moment on top of a physical full: its files are made ready, the scratch server is started on them, and logs are replayed."""

from contextlib import suppress

import pymysql
import pytest

pytestmark = pytest.mark.timeout(580)


@pytest.fixture
def physical(ground):
    """The worker that dumps makes physical fulls."""
    if ground.here.database.flavour == "mysql":
        with suppress(pymysql.err.OperationalError):  # 1125: it is there already
            ground.here.database.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    again(ground, f'mode = "physical"\nscratch = "{ground.here.root}/copies"')
    yield
    again(ground, "")


def again(ground, target):
    ground.here.write_settings(spool="24MiB", target=target)
    ground.here.cluster.kill("source@db1")
    ground.here.cluster.start("source@db1")


def test_a_moment_on_top_of_a_physical_full_is_reached_and_handed_over_or_carried(past, physical, into):
    full = past.ground.ended(past.ground.backup(), 300)
    assert full.state == "done", full
    past.write(20, 2)
    past.ship()
    (moment, count), place = past.seen[-1], past.ground.here.root / "files"
    assert past.plan(at=moment, into=into).order.backup == full.run.backup
    entry = past.restore(at=moment, into=into)
    assert entry.state == "done", entry
    assert past.count(into) == count
    entry = past.restore(at=moment, server=str(place))
    assert entry.state == "done", entry
    assert (place / "ibdata1").exists()
    past.ground.nothing_left()
