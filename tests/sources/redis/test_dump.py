"""What a dump holds, and what it says about itself."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.sources.redis.hands import source, take
from workers.artifact import Count, Kind
from workers.command import run
from workers.errors import Permanent, Refused


def test_the_parts_put_together_are_an_rdb_that_redis_itself_approves(full, tmp_path):
    taken = take(full.server(), tmp_path)
    (tmp_path / "dump.rdb").write_bytes(taken.rdb)
    done = run([full.options().tools / "redis-check-rdb", tmp_path / "dump.rdb"])
    assert b"RDB looks OK" in done.stdout


def test_the_server_forks_once_and_keeps_nothing_on_its_disk(full, tmp_path):
    before = full.client().info("stats")["total_forks"]
    taken = take(full.server(), tmp_path)
    assert full.client().info("stats")["total_forks"] == before + 1
    assert dict(taken.facts.extras)["forks"] == "1"
    assert not (full.folder / "dump.rdb").exists()


def test_lasting_keys_are_counted_exactly_and_those_that_expire_are_not(full, tmp_path):
    facts = take(full.server(), tmp_path).facts
    said = full.client().info("keyspace")
    for number in (0, 3):
        keys, expires = said[f"db{number}"]["keys"], said[f"db{number}"]["expires"]
        assert Count(f"db{number}", keys - expires) in facts.counts
        assert Count(f"db{number} expiring", expires, exact=False) in facts.counts


def test_the_snapshot_is_told_by_the_servers_own_clock(full, tmp_path):
    facts = take(full.server(), tmp_path).facts
    assert abs(facts.snapshot - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("method", ["stream", "bgsave"])
def test_both_ways_of_reading_give_the_same_data(full, tmp_path, method):
    (tmp_path / "other").mkdir()
    one, two = take(full.server(), tmp_path), take(full.server(method=method), tmp_path / "other")
    assert (one.facts.counts, one.facts.fingerprint) == (two.facts.counts, two.facts.fingerprint)
    assert one.pieces[1][0].plain == two.pieces[1][0].plain


def test_an_empty_server_gives_a_backup_without_keys(redis7, tmp_path):
    taken = take(redis7().server(), tmp_path)
    assert taken.facts.counts == ()
    assert hashlib.sha256(taken.rdb[:5]).digest() == hashlib.sha256(b"REDIS").digest()


def test_a_library_of_functions_changes_the_fingerprint(full, tmp_path):
    before = take(full.server(), tmp_path).facts.fingerprint
    full.client().execute_command("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 1 end)")
    assert take(full.server(), tmp_path).facts.fingerprint != before


def test_other_kinds_than_full_are_refused(full):
    with pytest.raises(Refused, match="each is a full one"):
        source(full.server()).dump(Kind.INCREMENTAL)


def test_an_rdb_without_a_crc_is_taken_by_its_structure_and_says_so(redis7, tmp_path):
    server = redis7(rdbchecksum="no").fill()
    facts = take(server.server(), tmp_path).facts
    assert any("rdbchecksum is off" in warning for warning in facts.warnings)
    assert all(count.exact for count in facts.counts if "expiring" not in count.name)


def test_facts_are_not_told_before_the_end(full):
    with source(full.server()).dump(Kind.FULL) as dump:
        parts = dump.parts()
        next(parts)
        with pytest.raises(Permanent, match="not read to its end"):
            dump.facts()
