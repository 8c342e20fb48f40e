"""Restores on real processes: what comes back is equal, and what cannot be trusted is refused before anything is made."""

import pytest

from compose.demo import community
from tests.system.conftest import segments
from workers.artifact import Order, encode
from workers.catalog import index

pytestmark = pytest.mark.timeout(120)


def order(ground, backup, into, **changes):
    facts = index.find(ground.bench.stores_of("community"), "community", backup).manifest.facts
    return Order(backup, "community", into, facts, **changes)


def restore(ground, wanted):
    return ground.send("start.restore", "community", encode(wanted))


def exists(ground, name):
    with ground.here.database.admin() as connection, connection.cursor() as cursor:
        return bool(cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (name,)))


@pytest.fixture
def backup(ground):
    return ground.sound()


@pytest.fixture
def into(ground):
    yield "copy"
    ground.here.database.run("DROP DATABASE IF EXISTS copy")


def test_a_restore_into_a_new_name_is_equal_and_told_once(ground, backup, into):
    entry = ground.ended(restore(ground, order(ground, backup, into)))
    assert entry.state == "done", entry
    with ground.here.database.admin() as connection:
        assert community.checksums(connection, into) == community.checksums(connection)
    ground.nothing_left()


def test_a_restore_over_the_live_database_brings_back_what_was_lost(ground, backup):
    with ground.here.database.admin() as connection:
        before = community.checksums(connection)
        ground.here.database.run("DROP TABLE community.comments", "DELETE FROM community.notifications WHERE id < 100")
        entry = ground.ended(restore(ground, order(ground, backup, "community", confirm="community")))
        assert entry.state == "done", entry
        assert community.checksums(connection) == before


def test_a_place_that_holds_data_is_refused_and_stays_as_it_is(ground, backup):
    with ground.here.database.admin() as connection:
        before = community.checksums(connection)
        ground.one_failure(restore(ground, order(ground, backup, "community")), "restore.prepare", "exists on")
        assert community.checksums(connection) == before


def test_an_unknown_backup_is_refused_before_anything_is_made(ground, backup, into):
    wanted = encode(order(ground, backup, into)) | {"backup": "20200101T000000Z-full-00000000"}
    ground.one_failure(ground.send("start.restore", "community", wanted), "restore.prepare", "has no backup")
    assert not exists(ground, into)


def test_a_half_backup_is_refused_before_anything_is_made(ground, backup, into):
    wanted = order(ground, backup, into)
    (ground.here.root / "nas" / "community" / backup / "manifest.json").unlink()
    ground.one_failure(restore(ground, wanted), "restore.prepare", "was never finished")
    assert not exists(ground, into)


def test_a_damaged_manifest_is_refused_before_anything_is_made(ground, backup, into):
    wanted = order(ground, backup, into)
    flip(ground.here.root / "nas" / "community" / backup / "manifest.json")
    ground.one_failure(restore(ground, wanted), "restore.prepare", "cannot be used")
    assert not exists(ground, into)


def test_a_damaged_schema_is_found_before_anything_is_made(ground, backup, into):
    flip(segments(ground.here.root, backup, "schema")[0])
    ground.one_failure(restore(ground, order(ground, backup, into)), "restore.prepare", "schema")
    assert not exists(ground, into)


@pytest.mark.parametrize("number", [0, -1])
def test_a_damaged_data_segment_is_found_before_anything_is_made(ground, backup, into, number):
    flip(segments(ground.here.root, backup)[number])
    ground.one_failure(restore(ground, order(ground, backup, into)), "restore.prepare", "recorded were")
    assert not exists(ground, into)


def test_a_missing_data_segment_costs_no_live_database(ground, backup):
    segments(ground.here.root, backup)[-1].unlink()
    with ground.here.database.admin() as connection:
        before = community.checksums(connection)
        over = order(ground, backup, "community", confirm="community")
        ground.one_failure(restore(ground, over), "restore.prepare", "has no object")
        assert community.checksums(connection) == before


def test_a_restore_of_a_host_waits_for_no_other_but_is_refused_by_name(ground, backup, into):
    runs = [restore(ground, order(ground, backup, name)) for name in (into, "copy2")]
    entries = [ground.ended(run) for run in runs]
    ground.here.database.run("DROP DATABASE IF EXISTS copy2")
    assert sorted(entry.state for entry in entries) == ["done", "refused"]


def flip(path):
    """Turn one bit in the middle of a file."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(body))
