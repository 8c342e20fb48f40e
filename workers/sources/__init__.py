"""The sources, as a table of strings, and the way to open one. Floor: tools."""

from pydantic import BaseModel, SecretStr

from workers.plans.drivers import Driver
from workers.ports import Source

SOURCES = {
    "mysql": Driver(
        "workers.sources.mysql.source:MysqlSource",
        "workers.sources.mysql.options:MysqlOptions",
        roles=("database",),
        secret="password",  # noqa: S106  # the name of a secret, not one
        secret_unless="socket",  # noqa: S106  # over a socket the server may know the worker's own user
    ),
}


def open_source(kind: str, options: BaseModel, secret: SecretStr | None, *, streams: int = 1) -> Source:
    """The driver of a target; it connects when it is first asked something."""
    source: Source = SOURCES[kind].load()(options, secret, streams=streams)
    return source
