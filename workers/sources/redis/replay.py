"""Append-only files become an RDB: a scratch server reads them and saves, and from there on a restore is like any other. Floor: tools."""

from pathlib import Path

from workers.errors import Corrupt
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.scratch import RDB, Wish, scratch

FOLDER = "appendonlydir"


def replayed(options: RedisOptions, folder: Path, databases: int) -> None:
    """Make `dump.rdb` of the files in `appendonlydir`. Corrupt where they do not load."""
    manifests = [path.name.removesuffix(".manifest") for path in (folder / FOLDER).glob("*.manifest")]
    if len(manifests) != 1:
        raise Corrupt(f"the backup holds {len(manifests)} manifests of append-only files")
    with scratch(Wish(options, folder, databases, appended=manifests[0])) as loaded, loaded.server.session("saving") as client:
        client.save()  # nobody else asks this server for anything
    if not (folder / RDB).exists():
        raise Corrupt("the scratch server read the append-only files and saved nothing")
