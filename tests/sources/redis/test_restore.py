"""The way back: nothing at the place is touched before the backup was loaded and counted elsewhere."""

from dataclasses import replace
from time import sleep

import pytest

from tests.sources.redis.hands import bring, digest, source, take
from workers.artifact import Count, Role
from workers.errors import Corrupt, Permanent
from workers.sources.redis import home


def spoilt(taken, at):
    """The same backup with one bit of its data flipped in the spool, after its SHA-256 was proven."""
    path = taken.pieces[1][1]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    return taken


def test_a_file_is_made_that_a_server_of_its_own_can_start_from(full, redis7, tmp_path):
    taken = take(full.server(), tmp_path)
    outcome = bring(full.server(), taken, taken.order("redis_restored"))
    [said] = [warning for warning in outcome.warnings if "the file is" in warning]
    assert (full.folder / "scratch/restored/redis_restored/dump.rdb").read_bytes() == taken.rdb
    assert "scratch/restored/redis_restored/dump.rdb" in said


def test_nothing_of_the_restore_is_left_but_what_came_of_it(full, tmp_path):
    taken = take(full.server(), tmp_path)
    bring(full.server(), taken, taken.order("redis", confirm="sessions"))
    assert [path.suffix for path in (full.folder / "scratch").iterdir()] == [".outcome"]


def test_damage_is_found_before_live_data_are_touched(full, tmp_path):
    taken = spoilt(take(full.server(), tmp_path), -30)
    before = digest(full.client())
    with pytest.raises(Corrupt, match="CRC"):
        bring(full.server(), taken, taken.order("redis", confirm="sessions"))
    assert digest(full.client()) == before


def test_keys_that_are_missing_are_found_before_live_data_are_touched(full, tmp_path):
    taken = take(full.server(), tmp_path)
    facts = replace(taken.facts, counts=(Count("db0", 5), *taken.facts.counts[1:]))
    before = digest(full.client())
    with pytest.raises(Permanent, match=r"db0: \d+ keys, expected 5"):
        bring(full.server(), taken, taken.order("redis", confirm="sessions", facts=facts))
    assert digest(full.client()) == before


def test_keys_whose_time_is_over_are_left_out_and_told(redis7, tmp_path):
    server = redis7()
    server.client().set("lasting", 1)
    server.client().set("fleeting", 1, px=1500)
    taken = take(server.server(), tmp_path)
    sleep(1.6)
    outcome = bring(server.server(), taken, taken.order("redis", confirm="sessions"))
    assert "1 keys had expired since the backup and were left out" in outcome.warnings
    assert Count("db0", 1) in outcome.counts
    assert Count("db0 expiring", 0, exact=False) in outcome.counts


@pytest.mark.parametrize("into", ["redis", "redis_restored"])
def test_a_restore_that_was_done_already_says_the_same_and_does_nothing(full, tmp_path, into):
    taken = take(full.server(), tmp_path)
    order = taken.order(into, confirm="sessions")
    first = bring(full.server(), taken, order)
    full.client().set("later", 1)
    assert source(full.server()).finish(order, taken.of(Role.SCHEMA, Role.POST_DATA)) == first
    assert full.client().exists("later")


def test_the_same_restore_ordered_again_is_another_one(full, tmp_path):
    taken = take(full.server(), tmp_path)
    order, before = taken.order("redis", confirm="sessions"), digest(full.client())
    bring(full.server(), taken, order)
    full.client().set("later", 1)
    bring(full.server(), taken, order)
    assert digest(full.client()) == before


def test_a_new_restore_removes_what_a_lost_one_left(full, tmp_path):
    taken = take(full.server(), tmp_path)
    made = source(full.server())
    made.prepare(taken.order("first"), taken.of(Role.SCHEMA))
    made.prepare(taken.order("second"), taken.of(Role.SCHEMA))
    assert list((full.folder / "scratch").glob("restore-*")) == [home.home(full.options(), taken.order("second"))]


def test_a_backup_that_lacks_a_part_is_no_rdb(full, tmp_path):
    taken = take(full.server(), tmp_path)
    order = taken.order("x")
    source(full.server()).prepare(order, taken.of(Role.SCHEMA))
    with pytest.raises(Corrupt):
        source(full.server()).finish(order, taken.of(Role.SCHEMA, Role.POST_DATA))
