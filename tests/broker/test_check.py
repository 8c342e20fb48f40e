"""What doctor() asks the broker's Redis."""

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from compose.local.redis import Redis as Server
from compose.local.server import free_port
from workers.broker import check
from workers.broker.check import findings


def test_a_redis_that_keeps_everything_is_all_well(redis):
    assert all(finding.ok for finding in findings(redis.url))


def test_a_redis_that_forgets_is_told_what_to_set(redis):
    client = Redis.from_url(redis.url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        (wrong,) = [finding for finding in findings(redis.url) if not finding.ok]
    finally:
        client.config_set("maxmemory-policy", "noeviction")
    assert (wrong.found, wrong.remedy) == ("allkeys-lru", "maxmemory-policy noeviction: nothing of a run may vanish")


def test_a_redis_that_is_away_is_one_finding():
    (found,) = findings(f"redis://127.0.0.1:{free_port()}/0")
    assert not found.ok
    assert "cannot be asked" in found.found


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AuthenticationError("WRONGPASS invalid username-password pair"), "broker_password"),
        (NoPermissionError("NOPERM no permissions to run the 'config|get' command"), "python -m workers.broker.access"),
        (OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "broker.ca_file"),
        (OSError("Connection refused"), "start Redis"),
    ],
)
def test_what_keeps_the_broker_from_answering_is_told_apart(error, words):
    assert words in check.remedy(error)


def test_a_replica_and_a_full_memory_are_faults(tmp_path):
    with Server(tmp_path / "master") as master, Server(tmp_path / "replica") as replica:
        client = Redis.from_url(replica.url)
        client.replicaof("127.0.0.1", master.port)
        client.config_set("maxmemory", "1100000")
        found = {finding.what: finding for finding in check.findings(replica.url)}
        client.replicaof("NO", "ONE")
    assert (found["broker role"].ok, "name the master" in found["broker role"].remedy) == (False, True)
    assert not found["broker memory"].ok
