"""`python -m compose.local SERVER start|stop|status FOLDER`, and `python -m compose.local fetch` for what they need."""

import sys
from pathlib import Path

from compose.local import redis
from compose.local.debian import NoPackages
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.redis import Redis
from compose.local.server import Server, WillNotStart
from compose.local.slack import Slack

SERVERS: dict[str, type[Server]] = {"mariadb": MariaDB, "mysql": MySQL, "redis": Redis, "slack": Slack}
USAGE = f"usage: python -m compose.local {'|'.join(SERVERS)} start|stop|status FOLDER\n       python -m compose.local fetch"


def fetch() -> None:
    """Bring everything into the cache that the servers need; what is there already is not fetched again."""
    MySQL(Path()).prefix.stat()
    MariaDB(Path()).prefix.stat()
    redis.program()


def main(arguments: list[str]) -> int:
    """Run one command; 2 where it is none, 1 where the server will not."""
    try:
        if arguments == ["fetch"]:
            fetch()
            return 0
        name, verb, folder = arguments
        server = SERVERS[name](Path(folder), detached=True)
        if verb not in ("start", "stop", "status"):
            raise KeyError(verb)
    except (KeyError, ValueError):
        print(USAGE, file=sys.stderr)
        return 2
    except (NoPackages, WillNotStart) as error:
        print(error, file=sys.stderr)
        return 1
    return _do(server, verb)


def _do(server: Server, verb: str) -> int:
    try:
        if verb == "start":
            server.start()
        elif verb == "stop":
            server.stop()
    except (NoPackages, WillNotStart) as error:
        print(error, file=sys.stderr)
        return 1
    state = f"runs, pid {server.pid}, port {server.port}" if server.pid else "does not run"
    print(f"{server.name} in {server.folder}: {state}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
