"""The whole way of one target through real workers; a process of its own, whose application belongs to its settings.

`python -m tests.sources.redis.journey ROOT`: back up beside the customer's script, delete everything, restore; then take away the
folder that the server saves to and back up again; print how that ended, and what people were told.
"""

import json
import shutil
import sys
from pathlib import Path

from tests.bench.cases import redis
from tests.single import Platform, Wish, running
from tests.sources.redis.conftest import TOOLS, Redis7
from workers.errors import Permanent

KEYS = 3000


def failure(here: Platform) -> str:
    """Why a backup that cannot be made was not made."""
    try:
        return here.backup()
    except RuntimeError as error:
        return str(error)


def main(root: Path) -> None:
    saves = root / "saves"
    saves.mkdir()
    with Redis7(root / "target", save="3600 1", dir=json.dumps(str(saves))) as server:
        options = {"host": "127.0.0.1", "port": server.port, "tools": str(TOOLS), "scratch": f"{root}/scratch", "method": "bgsave"}
        redis.fill(server, KEYS)
        with running(root, Wish(server, "sessions", "redis", "database", server.password, options)) as here:
            found: dict[str, object] = dict(redis.compare(here, server, 1))
            found["restore"], found["backup"] = redis.restored(here, server), here.newest.id
            shutil.rmtree(saves)
            found |= {"fault": failure(here), "newest": here.newest.id, "alerts": here.alerts()}
            found["left"] = [str(path) for path in (root / "spool").rglob("*") if path.is_file() and path.parent.name != "spool"]
            found["scratch"] = [path.name for path in (root / "scratch").iterdir() if path.is_dir()]
        server.kill()  # it would not stop without a save
    print(json.dumps(found))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except Permanent as error:
        sys.exit(error.reason)
