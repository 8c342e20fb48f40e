"""What lost workers left in the folder of scratch servers: copies of nobody, and the server that still makes one. Floor: tools."""

from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from workers.errors import Failure
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import restore
from workers.sources.mysql.physical.clone import end_lost
from workers.sources.mysql.scratch import home
from workers.sources.mysql.session import open_server
from workers.sources.mysql.tools import Flavour


def sweep(options: MysqlOptions, password: SecretStr | None, folder: Path) -> int:
    """Remove it; how many folders. Nothing that a living process holds is touched."""
    if home.lost(folder):
        with suppress(Failure):  # the folder goes all the same, and a server that is away copies nothing
            server = open_server(options, password)
            if server.flavour is Flavour.MYSQL:
                end_lost(server, folder)
    return home.sweep(folder) + restore.sweep(folder)
