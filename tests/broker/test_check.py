"""What doctor() asks the broker's Redis."""

from redis import Redis

from compose.local.server import free_port
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
