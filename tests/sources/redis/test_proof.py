"""What a server that loaded an RDB is compared with."""

from dataclasses import replace

import pytest

from tests.sources.redis.test_state import Says
from workers.artifact import Count
from workers.errors import Permanent
from workers.sources.redis.proof import counts, proven
from workers.sources.redis.state import Keyspace, look

WANTED = (Count("db0", 6), Count("db0 expiring", 4, exact=False))


def state(keys, expiring, loaded, expired):
    return replace(look(Says()), keyspace=(Keyspace(0, keys, expiring),), loaded=loaded, expired=expired)


def test_every_key_is_there():
    assert proven("it", WANTED, state(10, 4, 10, 0)) == ()


def test_keys_whose_time_was_over_are_told():
    assert proven("it", WANTED, state(7, 1, 7, 3)) == ("3 keys had expired since the backup and were left out",)


def test_a_lasting_key_that_is_missing_is_a_failure():
    with pytest.raises(Permanent, match="db0: 5 keys, expected 6"):
        proven("it", WANTED, state(9, 4, 9, 1))


def test_an_expiring_key_that_is_missing_without_having_expired_is_a_failure():
    with pytest.raises(Permanent, match="has 10 keys, 8 were loaded and 1 had expired"):
        proven("it", WANTED, state(8, 2, 8, 1))


def test_redis_6_does_not_tell_and_is_believed_as_far_as_it_goes():
    assert proven("it", WANTED, state(7, 1, -1, -1)) == ()


def test_estimates_are_no_proof():
    assert proven("it", (Count("db0", 600, exact=False),), state(7, 1, 7, 0)) == ()


def test_a_database_that_came_back_empty_counts_nothing():
    assert counts(WANTED, ()) == (Count("db0", 0), Count("db0 expiring", 0, exact=False))
    assert counts((), (Keyspace(1, 2, 0),)) == (Count("db1", 2),)
