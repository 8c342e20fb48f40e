"""What lost workers left in the folder of scratch servers: copies of nobody, and the server that still makes one. Floor: tools."""

from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from workers.errors import Failure
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import clone, restore
from workers.sources.mysql.scratch import home
from workers.sources.mysql.session import open_server
from workers.sources.mysql.tools import Flavour


def sweep(options: MysqlOptions, password: SecretStr | None, folder: Path) -> int:
    """Remove it; how many folders. Nothing that a living process holds is touched, and no copy of another server than this one."""
    return _copies(options, password, folder) + home.sweep(folder) + restore.sweep(folder)


def _copies(options: MysqlOptions, password: SecretStr | None, folder: Path) -> int:
    """A server that is away may go on writing to its copy, which waits for the next sweep."""
    if home.lost(folder, clone.COPY):
        with suppress(Failure):
            server = open_server(options, password)
            if server.flavour is Flavour.MYSQL:
                return home.sweep(folder, clone.end_lost(server, folder))
    return 0
