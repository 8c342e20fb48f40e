"""Whether the broker's Redis keeps what it is given: what `doctor()` asks it."""

from typing import Any

from redis import Redis, RedisError

from workers.ports import Finding


def findings(url: str) -> tuple[Finding, ...]:
    """Answers about append-only file, eviction and version. A Redis that cannot be asked is one finding."""
    client: Any = Redis.from_url(url, decode_responses=True, socket_timeout=5)
    try:
        version = client.info("server")["redis_version"]
        kept, evicts = (client.config_get(name)[name] for name in ("appendonly", "maxmemory-policy"))
    except RedisError as error:
        return (Finding(False, "broker", f"cannot be asked: {error}", "start Redis, or look at broker.url and its secrets"),)
    return (
        Finding(True, "broker", f"Redis {version} answers"),
        _set("appendonly", kept, "yes", "a restart must not lose queues and runs"),
        _set("maxmemory-policy", evicts, "noeviction", "nothing of a run may vanish"),
    )


def _set(name: str, found: str, wanted: str, why: str) -> Finding:
    return Finding(found == wanted, f"broker {name}", found, "" if found == wanted else f"{name} {wanted}: {why}")
