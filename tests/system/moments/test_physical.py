"""Back to a moment on top of a whole server's files, through the whole platform, on both flavours."""

import random
from contextlib import suppress

import pymysql
import pytest

from compose.demo import community
from tests.system.moments.conftest import broken_off, kill, live
from workers.artifact import encode
from workers.bench import lending, planning
from workers.bench.choosing import Choice
from workers.bench.wishes import Wish
from workers.errors import Refused
from workers.views import moments as words

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", autouse=True)
def physically(past):
    """The worker that dumps makes physical fulls, as long as these tests run; there is another database beside."""
    here = past.ground.here
    if here.database.flavour == "mysql":
        with suppress(pymysql.err.OperationalError):  # 1125: it is there already
            here.database.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    here.database.run("CREATE DATABASE beside", "CREATE TABLE beside.t (n INT PRIMARY KEY)", "INSERT INTO beside.t VALUES (1)")
    here.database.run("CREATE VIEW community.aside AS SELECT n FROM beside.t")
    again(here, 'mode = "physical"')
    past.ground.whole()
    past.write(steps=20, instants=2)
    past.ship()
    past.ground.sent.clear()
    yield
    again(here, "")
    here.database.run("DROP VIEW IF EXISTS community.aside", "DROP DATABASE beside")


def again(here, target):
    here.write_settings(spool="24MiB", target=target)
    here.cluster.kill("source@db1")
    here.cluster.start("source@db1")


def test_at_an_instant_after_it_the_counter_is_the_last_one_acknowledged_and_the_live_database_stays(past, into):
    before = live(past)
    moment, count = random.choice(past.seen[-2:])
    plan = past.plan(at=moment, into=into)
    assert plan.order.facts.mode == "physical"
    assert "the whole server is unpacked" in words.plan(plan, past.ground.bench.settings.time_zone)
    entry = past.restore(at=moment, into=into)
    assert entry.state == "done", entry
    assert past.count(into) == count
    assert "view aside is broken on the server and not carried" in entry.note("warnings")
    rows = past.ask(f"SELECT COUNT(*) FROM {into}.users")[0][0]
    assert rows == int(community.ROWS["users"] * 0.03)
    assert live(past) == before
    past.ground.nothing_left()


@pytest.mark.only("mysql")  # MariaDB's programs are lent in test_lending
def test_another_host_that_can_serve_the_files_brings_one_database_of_them_back(lent, into):
    hosts = lent.hosts()
    plan = lending.served(lent.ground.bench, hosts.able, planning.restore(lent.ground.bench, hosts.ask, Wish("community", into=into)))
    assert (plan.order.facts.mode, plan.by, plan.host) == ("physical", "db2", "db1")
    entry = lent.ground.ended(lent.ground.send("start.restore", "community", encode(plan.order)), 100)
    assert (entry.state, entry.run.host) == ("done", "db2"), entry
    assert lent.ask(f"SELECT COUNT(*) FROM {into}.users")[0][0] == int(community.ROWS["users"] * 0.03)
    assert list(lent.ground.here.root.glob("scratch*/*")) == []
    with pytest.raises(Refused, match=r"^db1 cannot verify .* are served by mysql"):
        lending.tried(lent.ground.bench, hosts.able, plan.manifest)


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_killed_while_its_files_are_unpacked_it_leaves_nothing_and_a_single_table_comes_back_next_time(past, into):
    ground, (moment, count) = past.ground, past.seen[-2]
    run = ground.send("start.restore", "community", encode(past.plan(at=moment, into=into).order))
    ground.until(run, "loaded.segments")
    ground.here.cluster.kill("restore@db1")
    assert not (ground.here.root / "scratch" / run / "access.json").exists()  # no server was started yet
    ground.here.cluster.start("restore@db1")
    entry = ground.ended(run, 100)
    assert (entry.state, entry.reason and entry.reason.step) == ("failed", "restore.replay"), entry
    assert len(ground.told(run)) == 1
    ground.nothing_left()
    entry = past.restore(at=moment, into=into, choice=Choice(tables=("counter",)))
    assert entry.state == "done", entry
    assert past.ask(f"SHOW TABLES FROM {into}") == (("counter",),)
    assert past.count(into) == count


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_a_new_server_of_it_holds_the_database_alone(past):
    place = past.ground.here.root / "alone"
    entry = past.restore(at=past.seen[-1][0], server=str(place))
    assert entry.state == "done", entry
    assert f"datadir = {place}" in entry.note("warnings")
    assert "of its databases community alone" in entry.note("warnings")
    assert (place / "community").is_dir()
    assert not (place / "beside").exists()
    past.ground.nothing_left()


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_a_replay_on_files_that_is_killed_fails_once_and_leaves_nothing(past, into):
    broken_off(past, past.plan(at=past.seen[-1][0], into=into).order, kill, ("failed", "restore.replay"))


@pytest.mark.only("mariadb")  # what does not depend on the flavour
def test_over_the_live_database_it_comes_back_as_it_was_and_the_others_of_the_server_stay(past):
    moment, count = past.seen[-2]
    past.ground.here.database.run("UPDATE community.counter SET n = -1", "INSERT INTO beside.t VALUES (2)")
    entry = past.restore(at=moment, confirm="community")
    assert entry.state == "done", entry
    assert past.count("community") == count
    assert past.ask("SELECT COUNT(*) FROM beside.t") == ((2,),)
    past.ground.nothing_left()
