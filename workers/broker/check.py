"""Whether the broker's Redis keeps what it is given: what `doctor()` asks it. INFO is enough, which every user may ask."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from redis import Redis, RedisError
from redis.exceptions import AuthenticationError, NoPermissionError

from workers.ports import Finding

OLDEST = (6, 2)  # BLMOVE, by which workers wait
FULL = 0.8  # of maxmemory: with noeviction a full Redis refuses every write
AWAY = "start Redis, or look at broker.url: it begins with rediss:// where Redis speaks TLS, and only there"
# What OpenSSL and redis-py say, and what mends it. Redis turns a certificate away by hanging up, without a word.
TLS = (
    ("CERTIFICATE_VERIFY_FAILED", "broker.ca_file ({ca}) has to be who signed the certificate of Redis, made for the host of broker.url"),
    ("NO_CERTIFICATE", "broker.ca_file ({ca}) holds no certificate; it has to be a PEM file"),
    ("KEY_VALUES_MISMATCH", "broker.key_file ({key}) has to be the key of broker.cert_file ({cert})"),
    ("_ssl.c", "broker.cert_file ({cert}) has to be signed by an authority that Redis knows: its tls-ca-cert-file"),
)


def findings(url: str) -> tuple[Finding, ...]:
    """Answers about version, role, append-only file, eviction and memory. A Redis that cannot be asked is one finding."""
    client: Any = Redis.from_url(url, decode_responses=True, socket_timeout=5)
    try:
        info = client.info()
    except (RedisError, OSError) as error:
        return (Finding(False, "broker", f"cannot be asked: {error}", remedy(error, url)),)
    return (
        Finding(True, "broker", f"Redis {info['redis_version']} answers"),
        _set("appendonly", "yes" if info["aof_enabled"] else "no", "yes", "a restart must not lose queues and runs"),
        _set("maxmemory-policy", info["maxmemory_policy"], "noeviction", "nothing of a run may vanish"),
        *faults(info),
    )


def remedy(error: Exception, url: str) -> str:
    """What would mend that the broker cannot be asked. Of the address only the files of certificates are told."""
    if isinstance(error, AuthenticationError):
        return "the secrets broker_user and broker_password of this host have to be those of its line in Redis's ACL file"
    if isinstance(error, NoPermissionError):
        return "give this host's user the rights that `python -m workers.broker.access` prints"
    query = parse_qs(urlsplit(url).query)
    files = {key: query.get(f"ssl_{name}", ["not set"])[0] for key, name in (("ca", "ca_certs"), ("cert", "certfile"), ("key", "keyfile"))}
    words = next((words for sign, words in TLS if sign in str(error)), AWAY)
    return words.format(**files)


def faults(info: dict[str, Any]) -> Iterator[Finding]:
    """What is wrong by Redis's own INFO; that all of it is well is no news."""
    version = tuple(int(part) for part in info["redis_version"].split(".")[:2])
    if version < OLDEST:
        yield Finding(False, "broker version", info["redis_version"], "Redis 6.2 or newer")
    if info.get("role") != "master":
        yield Finding(False, "broker role", str(info.get("role")), "name the master in broker.url: a replica takes no messages")
    if info.get("cluster_enabled"):
        yield Finding(False, "broker cluster", "enabled", "a single Redis: Celery's messages and chords are not made for a cluster")
    for what in ("aof_last_write_status", "aof_last_bgrewrite_status"):
        if info.get(what, "ok") != "ok":
            yield Finding(False, f"broker {what}", info[what], "look at Redis's log and at the disk of its append-only file")
    if info.get("maxmemory") and info["used_memory"] > FULL * info["maxmemory"]:
        used = f"{info['used_memory_human']} of {info['maxmemory_human']}"
        yield Finding(False, "broker memory", used, "more maxmemory: a full Redis with noeviction refuses every message")


def _set(name: str, found: str, wanted: str, why: str) -> Finding:
    return Finding(found == wanted, f"broker {name}", found, "" if found == wanted else f"{name} {wanted}: {why}")
