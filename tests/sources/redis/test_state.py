"""What a server says about itself, as a value."""

from workers.artifact import Count
from workers.sources.redis.state import Keyspace, look, release


class Says:
    """A server that leaves everything out that hosted ones leave out."""

    def __init__(self, **info):
        self.said = info

    def info(self, _section):
        return self.said


def test_a_server_is_seen_as_it_is(full):
    state = look(full.client())
    assert (state.release, state.flavour, state.loading, state.cluster) == ((7, 0, 15), "redis", False, False)
    assert [space.database for space in state.keyspace] == [0, 3]
    assert state.keys == sum(full.database(number).dbsize() for number in (0, 3))
    assert (state.replication.master, state.saving.aof, state.pid) == (True, False, full.pid)


def test_a_replica_says_whom_it_follows(full):
    full.client().execute_command("REPLICAOF", "127.0.0.1", "1")
    found = look(full.client()).replication
    assert (found.master, found.follows, found.in_step) == (False, "127.0.0.1:1", False)


def test_fields_that_are_missing_are_nothing():
    state = look(Says())
    assert (state.run_id, state.keys, state.expired, state.loaded) == ("", 0, -1, -1)
    assert state.saving.good


def test_valkey_is_told_by_its_own_version():
    assert look(Says(redis_version="7.2.4", valkey_version="8.1.0", server_name="valkey")).release == (8, 1, 0)


def test_keys_that_expire_are_counted_apart():
    assert Keyspace(2, 10, 4).counts == (Count("db2", 6), Count("db2 expiring", 4, exact=False))
    assert Keyspace(2, 10, 0).counts == (Count("db2", 10),)


def test_a_version_is_numbers():
    assert release("7.0.15") == (7, 0, 15)
    assert release("7.2-rc1") == (7,)
