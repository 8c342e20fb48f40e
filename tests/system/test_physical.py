"""A whole server through the canvas: out by its files, back as a server of its own; and what becomes of it when something breaks."""

import os
import shutil
import signal
from contextlib import closing

import pytest

from compose.demo import community
from tests.system.conftest import segments
from tests.system.test_restore import flip, restore
from workers.artifact import Order
from workers.catalog import index
from workers.sources.mysql.physical import known
from workers.sources.mysql.scratch.copied import as_it_is
from workers.sources.mysql.scratch.home import furnish

pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="module", autouse=True)
def physically(ground):
    """The worker that dumps makes physical fulls, as long as these tests run; the others look at what a backup is."""
    again(ground, 'mode = "physical"')
    yield
    again(ground, "")


def again(ground, target):
    ground.newest = ""  # of the other kind
    ground.here.write_settings(spool="24MiB", target=target)
    ground.here.cluster.kill("source@db1")
    ground.here.cluster.start("source@db1")


@pytest.fixture
def place(ground):
    found = ground.here.root / "new"
    yield found
    shutil.rmtree(found, ignore_errors=True)
    assert not list(ground.here.root.glob("new*"))


def order(ground, backup, place):
    facts = index.find(ground.bench.stores_of("community"), "community", backup).manifest.facts
    return Order(backup, "community", str(place), facts, server=str(place))


def test_a_server_goes_out_and_comes_back_as_one_and_is_told_once(ground, place):
    wanted = order(ground, ground.sound(), place)
    assert wanted.facts.mode == "physical"
    run = restore(ground, wanted)
    entry = ground.ended(run)
    assert entry.state == "done", entry
    assert f"--datadir={place}" in entry.note("warnings")
    with ground.here.database.admin() as connection:
        live = community.checksums(connection)
    assert served(ground, wanted) == live
    ground.nothing_left()


def test_it_is_verified_whole_on_a_server_of_its_own(ground):
    backup = ground.sound()
    run = ground.send("start.verify", "community", backup)
    entry = ground.ended(run)
    with ground.here.database.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'community' AND table_type = 'BASE TABLE'")
        ((tables,),) = cursor.fetchall()  # more than its own where tests of logs were here before
    assert (entry.state, entry.note("verdict"), entry.note("tables")) == ("done", "passed", str(tables)), entry
    ground.heard(run)
    (text,) = ground.told(run)
    assert "on the files of the whole server" in text
    ground.nothing_left()


def served(ground, wanted):
    """The tables of a server on the new data directory."""
    home = ground.here.root / "look"
    home.mkdir()
    furnish(home)
    (home / "data").symlink_to(wanted.server)
    wish = known.wished(wanted.facts, home, ground.here.database.tools)
    with as_it_is(wish, home) as running, closing(running.server.connect()) as session:
        found = community.checksums(session)
    shutil.rmtree(home)
    return found


def test_a_damaged_segment_is_found_before_anything_is_made(ground, place):
    wanted = order(ground, ground.sound(), place)
    flip(segments(ground.here.root, wanted.backup)[-1])
    ground.one_failure(restore(ground, wanted), "restore.prepare", "recorded were")
    assert not place.exists()


def test_a_place_that_is_taken_is_refused_once_and_stays_as_it_is(ground, place):
    wanted = order(ground, ground.sound(), place)
    place.mkdir()
    (place / "file").touch()
    ground.one_failure(restore(ground, wanted), "restore.prepare", "is not empty")
    assert [path.name for path in place.iterdir()] == ["file"]


@pytest.mark.parametrize("victim", ["program", "worker"])
def test_a_kill_in_mid_stream_seals_nothing_and_is_told_once(ground, victim):
    before = ground.sealed()
    run = ground.backup()
    ground.until(run, "dumped.segments")
    clients = ground.processes.clients()
    program = next(pid for pid, line in clients.items() if "--stream=xbstream" in line)
    os.kill(program if victim == "program" else ground.processes.dumping(), signal.SIGKILL)
    ground.one_failure(run, "backup.dump", "signal 9")
    assert ground.sealed() == before
