"""Whether the broker's Redis keeps what it is given: what `doctor()` asks it."""

from collections.abc import Iterator
from typing import Any

from redis import Redis, RedisError
from redis.exceptions import AuthenticationError, NoPermissionError

from workers.ports import Finding

OLDEST = (6, 2)  # BLMOVE, by which workers wait
FULL = 0.8  # of maxmemory: with noeviction a full Redis refuses every write


def findings(url: str) -> tuple[Finding, ...]:
    """Answers about version, role, append-only file, eviction and memory. A Redis that cannot be asked is one finding."""
    client: Any = Redis.from_url(url, decode_responses=True, socket_timeout=5)
    try:
        info = client.info()
        kept, evicts = (client.config_get(name)[name] for name in ("appendonly", "maxmemory-policy"))
    except (RedisError, OSError) as error:
        return (Finding(False, "broker", f"cannot be asked: {error}", remedy(error)),)
    return (
        Finding(True, "broker", f"Redis {info['redis_version']} answers"),
        _set("appendonly", kept, "yes", "a restart must not lose queues and runs"),
        _set("maxmemory-policy", evicts, "noeviction", "nothing of a run may vanish"),
        *_faults(info),
    )


def remedy(error: Exception) -> str:
    """What would mend that the broker cannot be asked."""
    if isinstance(error, AuthenticationError):
        return "the secrets broker_user and broker_password of this host have to be those of its line in Redis's ACL file"
    if isinstance(error, NoPermissionError):
        return "give this host's user the rights that `python -m workers.broker.access` prints"
    if "SSL" in str(error) or "certificate" in str(error):
        return "broker.ca_file has to be who signed the certificate of Redis; cert_file and key_file are this host's own"
    return "start Redis, or look at broker.url and its secrets"


def _faults(info: dict[str, Any]) -> Iterator[Finding]:
    """Only what is wrong: that all of it is well is no news."""
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
