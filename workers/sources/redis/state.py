"""What a server says about itself: INFO as a value. Floor: tools."""

from dataclasses import dataclass
from typing import Any

from workers.artifact import Count


@dataclass(frozen=True, slots=True)
class Keyspace:
    """One database: all its keys, and those of them that expire."""

    database: int
    keys: int
    expiring: int

    @property
    def counts(self) -> tuple[Count, ...]:
        """As counts of a backup. What expires may be gone before it is restored, so only its name is compared."""
        lasting = (Count(f"db{self.database}", self.keys - self.expiring),)
        return lasting + ((Count(f"db{self.database} expiring", self.expiring, exact=False),) if self.expiring else ())


@dataclass(frozen=True, slots=True)
class Saving:
    """How the server keeps its data: whether a save runs, how the last one ended, when, and whether there are append-only files."""

    running: bool
    good: bool
    last: int
    aof: bool
    rewriting: bool
    rewritten: bool


@dataclass(frozen=True, slots=True)
class Replication:
    """Who follows whom. `offset` is how far its data are, in bytes of commands; `in_step`: the link is up and no copy is under way."""

    master: bool
    replicas: int
    offset: int
    in_step: bool
    follows: str


@dataclass(frozen=True, slots=True)
class State:
    """One look at a server. `expired` and `loaded` are of the last RDB it loaded; -1 before Redis 7, which does not tell."""

    run_id: str
    version: str
    flavour: str
    loading: bool
    cluster: bool
    pid: int
    uptime: int
    bytes: int
    forks: int
    expired: int
    loaded: int
    saving: Saving
    replication: Replication
    keyspace: tuple[Keyspace, ...]

    @property
    def keys(self) -> int:
        """Keys of all databases."""
        return sum(space.keys for space in self.keyspace)

    @property
    def release(self) -> tuple[int, ...]:
        """Its version as numbers: `7.0.15` → (7, 0, 15)."""
        return release(self.version)


def settings(client: Any, *names: str) -> dict[str, str]:
    """Settings by name, asked one at a time: before Redis 7, CONFIG GET takes no more. What a server does not know is left out."""
    return {name: value for asked in names for name, value in client.config_get(asked).items()}


def release(version: str) -> tuple[int, ...]:
    """A version as numbers."""
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


def look(client: Any) -> State:
    """Ask a server (a client of redis-py). Managed servers leave fields out; those are 0."""
    info = client.info("all")
    return State(
        run_id=str(info.get("run_id", "")),
        version=str(info.get("valkey_version") or info.get("redis_version", "")),
        flavour=str(info.get("server_name", "redis")),
        loading=bool(int(info.get("loading", 0))),
        cluster=bool(int(info.get("cluster_enabled", 0))),
        pid=int(info.get("process_id", 0)),
        uptime=int(info.get("uptime_in_seconds", 0)),
        bytes=int(info.get("used_memory_dataset", 0)),
        forks=int(info.get("total_forks", 0)),
        expired=int(info.get("rdb_last_load_keys_expired", -1)),
        loaded=int(info.get("rdb_last_load_keys_loaded", -1)),
        saving=_saving(info),
        replication=_replication(info),
        keyspace=_keyspace(info),
    )


def _saving(info: Any) -> Saving:
    return Saving(
        running=bool(int(info.get("rdb_bgsave_in_progress", 0))),
        good=info.get("rdb_last_bgsave_status", "ok") == "ok",
        last=int(info.get("rdb_last_save_time", 0)),
        aof=bool(int(info.get("aof_enabled", 0))),
        rewriting=bool(int(info.get("aof_rewrite_in_progress", 0)) or int(info.get("aof_rewrite_scheduled", 0))),
        rewritten=info.get("aof_last_bgrewrite_status", "ok") == "ok",
    )


def _replication(info: Any) -> Replication:
    master = info.get("role", "master") == "master"
    up = info.get("master_link_status") == "up" and not int(info.get("master_sync_in_progress", 0))
    return Replication(
        master=master,
        replicas=int(info.get("connected_slaves", 0)),
        offset=int(info.get("master_repl_offset" if master else "slave_repl_offset", 0)),
        in_step=not master and up,
        follows="" if master else f"{info.get('master_host')}:{info.get('master_port')}",
    )


def _keyspace(info: Any) -> tuple[Keyspace, ...]:
    found = [(int(name[2:]), value) for name, value in info.items() if name.startswith("db") and name[2:].isdigit()]
    return tuple(Keyspace(number, int(value["keys"]), int(value["expires"])) for number, value in sorted(found))
