"""`python -m compose.local SERVER start|stop|status FOLDER`, and `python -m compose.local fetch` for what they need."""

import os
import sys
from pathlib import Path

from compose.local import borg, elasticsearch, redis, restic, s3
from compose.local.debian import NoPackages
from compose.local.elasticsearch import Elasticsearch
from compose.local.java import NoJava
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.programs import programs
from compose.local.redis import Redis
from compose.local.s3 import S3
from compose.local.server import Server, WillNotStart
from compose.local.slack import Slack

SERVERS: dict[str, type[Server]] = {
    "elasticsearch": Elasticsearch,
    "mariadb": MariaDB,
    "mysql": MySQL,
    "redis": Redis,
    "s3": S3,
    "slack": Slack,
}
USAGE = f"usage: python -m compose.local {'|'.join(SERVERS)} start|stop|status FOLDER\n       python -m compose.local fetch"


def fetch() -> None:
    """Bring everything into the cache that the servers need; what is there already is not fetched again."""
    for server in (MySQL, MariaDB):
        programs(server.bundle)
    redis.program()
    s3.program()
    try:
        elasticsearch.program()
    except NoJava as error:
        if os.environ.get("CI") == "true":
            raise
        print(f"MISSING   elasticsearch, and its tests are skipped: {error}", file=sys.stderr)
    restic.tools()
    borg.tools()


def main(arguments: list[str]) -> int:
    """Run one command. 0 where it did as it was told, 1 where the server will not, 2 where it is no command, 3 where it does not run."""
    try:
        if arguments == ["fetch"]:
            fetch()
            return 0
        name, verb, folder = arguments
        act = {"start": start, "stop": stop, "status": status}[verb]
        return act(SERVERS[name](Path(folder), detached=True))
    except (KeyError, ValueError):
        print(USAGE, file=sys.stderr)
        return 2
    except (NoJava, NoPackages, WillNotStart) as error:
        print(error, file=sys.stderr)
        return 1


def start(server: Server) -> int:
    """Start it and say where it answers, in lines for a shell."""
    server.start()
    for line in server.addresses:
        print(line)
    return 0


def stop(server: Server) -> int:
    """Stop it, whoever started it."""
    server.stop()
    return 0


def status(server: Server) -> int:
    """Say whether it runs; 3 where it does not, as init scripts do (LSB)."""
    state = f"runs, pid {server.pid}, port {server.port}" if server.pid else "does not run"
    print(f"{server.name} in {server.folder}: {state}")
    return 0 if server.pid else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
