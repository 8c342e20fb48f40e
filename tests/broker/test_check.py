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
        (NoPermissionError("NOPERM no permissions to run the 'info' command"), "python -m workers.broker.access"),
        (OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)"), "broker.ca_file (/tls/ca.crt) has to be"),
        (OSError("[X509: NO_CERTIFICATE_OR_CRL_FOUND] (_ssl.c:4154)"), "broker.ca_file (/tls/ca.crt) holds no certificate"),
        (OSError("[X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:3926)"), "broker.key_file (/tls/host.key) has to be the key"),
        (OSError("EOF occurred in violation of protocol (_ssl.c:2427)"), "broker.cert_file (not set) has to be signed"),
        (OSError("Connection refused"), "start Redis"),
    ],
)
def test_what_keeps_the_broker_from_answering_is_told_apart(error, words):
    told = check.remedy(error, "rediss://me:hunter2@h:1/0?ssl_ca_certs=/tls/ca.crt&ssl_keyfile=/tls/host.key")
    assert (words in told, "hunter2" in told) == (True, False)


class Odd(Server):
    """A Redis in cluster mode that forgets everything."""

    def lines(self):
        return {**super().lines(), "cluster-enabled": "yes", "appendonly": "no"}


def test_a_cluster_that_forgets_is_told(tmp_path):
    port = next(port for port in iter(free_port, None) if port < 55_000)  # a cluster opens the one 10,000 above, too
    with Odd(tmp_path, port=port) as server:
        wrong = {finding.what: finding.remedy for finding in findings(server.url) if not finding.ok}
    assert list(wrong) == ["broker appendonly", "broker cluster"]
    assert "appendonly yes" in wrong["broker appendonly"]


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("redis_version", "6.0.16", "Redis 6.2 or newer"),
        ("redis_version", "5.0", "Redis 6.2 or newer"),
        ("aof_last_write_status", "err", "the disk of its append-only file"),
        ("aof_last_bgrewrite_status", "err", "the disk of its append-only file"),
    ],
)
def test_what_a_redis_says_of_itself_is_one_fault(redis, name, value, remedy):
    info = Redis.from_url(redis.url, decode_responses=True).info()
    assert list(check.faults(info)) == []
    (wrong,) = check.faults(info | {name: value})
    assert remedy in wrong.remedy


def test_a_replica_and_a_full_memory_are_faults(tmp_path):
    with Server(tmp_path / "master") as master, Server(tmp_path / "replica") as replica:
        client = Redis.from_url(replica.url)
        client.replicaof("127.0.0.1", master.port)
        client.config_set("maxmemory", "1100000")
        found = {finding.what: finding for finding in check.findings(replica.url)}
        client.replicaof("NO", "ONE")
    assert (found["broker role"].ok, "name the master" in found["broker role"].remedy) == (False, True)
    assert not found["broker memory"].ok
