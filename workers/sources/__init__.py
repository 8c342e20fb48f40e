"""The sources, as a table of strings, and the way to open one. Floor: tools."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from workers.gentle import Gentle
from workers.plans.drivers import Driver, resolve
from workers.plans.values import SCRATCH
from workers.ports import Source

SOURCES = {
    "mysql": Driver(
        "workers.sources.mysql.source:MysqlSource",
        "workers.sources.mysql.options:MysqlOptions",
        roles=("database",),
        secret="password",  # noqa: S106  # the name of a secret, not one
        secret_unless="socket",  # noqa: S106  # over a socket the server may know the worker's own user
        gentle=True,
        scratch=True,
    ),
    "redis": Driver(
        "workers.sources.redis.source:RedisSource",
        "workers.sources.redis.options:RedisOptions",
        secret="password",  # noqa: S106  # the name of a secret, not one
        secret_unless="nopass",  # noqa: S106  # its user on the server may have none
    ),
    "files": Driver("workers.sources.files.source:FilesSource", "workers.sources.files.options:FilesOptions", roles=("files",)),
    "elasticsearch": Driver(
        "workers.sources.elasticsearch.source:ElasticsearchSource",
        "workers.sources.elasticsearch.options:ElasticsearchOptions",
        roles=("search",),
        secret="password",  # noqa: S106  # the name of a secret, not one
        secret_unless="nopass",  # noqa: S106  # its security may be off
    ),
    "restic": Driver(
        "workers.sources.restic.source:ResticSource",
        "workers.sources.restic.options:ResticOptions",
        roles=("files",),
        secret="password",  # noqa: S106  # the name of a secret, not one
        housed=True,
    ),
    "borg": Driver(
        "workers.sources.borg.source:BorgSource",
        "workers.sources.borg.options:BorgOptions",
        roles=("files",),
        secret="password",  # noqa: S106  # the name of a secret, not one
        housed=True,
        houses=("local",),
        copies=1,
    ),
}

# Sources whose server keeps a log of every change, and what tells whether one set of its transactions holds another.
LOGS = {"mysql": "workers.sources.mysql.logs.gtid:contains"}

# Sources whose backups end with an index, so that another backup can hold what changed since: see `ports.IndexedSource`.
INDEXED = ("files", "elasticsearch")

# Sources whose backups can be tried without touching live data: see `ports.TrialSource`.
TRIED = ("mysql",)

# Sources whose data lie in repositories of their own: see `ports.RepositorySource`.
HOUSED = tuple(name for name, driver in SOURCES.items() if driver.housed)

# Sources that can tell which names are in a backup: see `ports.NamedSource`.
NAMED = (*INDEXED, *HOUSED)

COUNTED = {
    "files": ("sort", "name"),
    "elasticsearch": ("index", "document"),
}  # what the counts of a backup stand for, where that is not tables and their rows


@dataclass(frozen=True, slots=True)
class Manner:
    """How a source is to work: over how many streams, how gently, and in which folder its scratch servers live."""

    streams: int = 1
    gentle: Gentle | None = None
    scratch: Path = SCRATCH


def open_source(kind: str, options: BaseModel, secret: SecretStr | None, manner: Manner = Manner()) -> Source:
    """The driver of a target; it connects when it is first asked something. What it cannot heed of a manner, it is not told."""
    driver = SOURCES[kind]
    more: dict[str, Any] = {"gentle": manner.gentle} if manner.gentle is not None and driver.gentle else {}
    more |= {"scratch_dir": manner.scratch} if driver.scratch else {}
    source: Source = driver.load()(options, secret, streams=manner.streams, **more)
    return source


def log_server(kind: str, options: BaseModel) -> str | None:
    """The address of the server whose logs hold the changes of a target; None for a source that has none."""
    return str(getattr(options, "address", None)) if kind in LOGS else None


def counted(kind: str) -> tuple[str, str]:
    """What the counts of this source are of, and what they count: tables and rows, for most."""
    return COUNTED.get(kind, ("table", "row"))


def gtids(kind: str) -> Callable[[str, str], bool]:
    """Whether one set of transactions, as a server of this source writes it, holds another; without logs, none does."""
    contains: Callable[[str, str], bool] = resolve(LOGS[kind]) if kind in LOGS else lambda whole, part: False
    return contains
