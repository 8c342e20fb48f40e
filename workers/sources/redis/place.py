"""Where a restore goes, looked at before anything is changed. Floor: tools.

`redis` is the target's own server. `host:port`, or the path of a Unix socket, is another server that knows the same login; it has to
be empty. Any other name is a folder below `scratch`, which gets the file `dump.rdb`, proven by loading it.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from workers.artifact import Order
from workers.errors import Refused, Transient
from workers.ports import Place
from workers.sources.redis import stopped, tools
from workers.sources.redis.aof import LIVE
from workers.sources.redis.broker import is_broker
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.scratch import RDB
from workers.sources.redis.session import Server
from workers.sources.redis.state import State, look, release

RESTORED = "restored"
_ADDRESS = re.compile(r"(?P<host>[^\s/:]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, understood: a server, or a folder."""

    name: str
    server: Server | None = None
    folder: Path | None = None


def spot(server: Server, into: str) -> Spot:
    """What a name means. Refused where it means nothing."""
    options = server.options
    if into in (LIVE, options.address):
        return Spot(into, server=server)
    if found := _ADDRESS.fullmatch(into):
        return Spot(into, server=server.moved(socket=None, host=found["host"].strip("[]"), port=int(found["port"])))
    if into.startswith("/"):
        return Spot(into, server=server.moved(socket=Path(into), host=None, tls=False, ca_file=None, cert_file=None, key_file=None))
    if _NAME.fullmatch(into):
        return Spot(into, folder=options.scratch / RESTORED / into)
    raise Refused(
        f"{into!r} is no place for Redis: give {LIVE!r} (the target's own server), host:port or /path/of/socket of an empty server with the"
        " same login, or a plain name for a file"
    )


def place(server: Server, into: str) -> Place:
    """What stands there now. A server that is restored by files may be down: then its files count."""
    found = spot(server, into)
    if found.folder:
        file = found.folder / RDB
        return Place(into, exists=found.folder.exists(), empty=not file.exists(), bytes=file.stat().st_size if file.exists() else 0)
    if into == LIVE and server.options.restore == "files":
        return _by_files(server)
    return Place(into, exists=True, empty=not (keys := _look(found).keys), rows=keys)


def _by_files(server: Server) -> Place:
    try:
        keys = _look(Spot(LIVE, server=server)).keys
    except Transient:
        standing = [path for path in stopped.files(server.options) if path.exists()]
        size = sum(path.stat().st_size for path in standing if path.is_file())
        return Place(LIVE, exists=True, empty=not standing, bytes=size, unit="key", aside=f"before-<backup> in {server.options.folder}")
    return Place(LIVE, exists=True, empty=not keys, rows=keys)


def _look(found: Spot) -> State:
    assert found.server is not None  # it is no folder
    with found.server.session(f"looking at {found.name}") as client:
        return look(client)


def fits(server: Server, order: Order) -> Spot:
    """The place, proven fit for this backup. Refused, in words that say what would work, where it is not; changes nothing."""
    if order.objects:
        raise Refused(
            f"keys of a Redis are not restored singly: restore into a name (into={LIVE + '_restored'!r}), start a server on that file, and"
            " copy them with MIGRATE or DUMP and RESTORE"
        )
    there, found = place(server, order.into), spot(server, order.into)
    if not there.empty and not (order.confirm and order.into == order.original):
        raise Refused(_standing(there, server, order))
    _reads(server.options, order)
    if found.server:
        _takes(found.server, order)
    if order.into == LIVE and server.options.restore == "files":
        stopped.fits(server, order)
    return found


def _standing(there: Place, server: Server, order: Order) -> str:
    over = "; over it: confirm with the name of the target" if order.into == order.original else ""
    what = f"holds {there.rows:,} keys" if there.rows else f"holds {there.bytes:,} bytes"
    return f'"{there.name}" on {server.options.address} {what}{over}; into a file: into={LIVE + "_restored"!r}'


def _reads(options: RedisOptions, order: Order) -> None:
    """A scratch server proves every restore, so its program has to be there, be new enough, and have the room."""
    program = tools.server(options)
    here, written = tools.version(program), order.facts.version
    if release(here)[:2] < release(written)[:2]:
        raise Refused(
            f"backup {order.backup} was written by {order.facts.flavour} {written}, newer than {program} ({here}), which may not"
            f" read it: install {written} or later on this host, or name its folder in `tools`"
        )
    extras = dict(order.facts.extras)
    size, memory = int(extras.get("rdb_bytes", 0)), int(extras.get("memory", 0))
    options.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (free := shutil.disk_usage(options.scratch).free) < size * 2:
        raise Refused(
            f"{options.scratch} has {free:,} bytes free, the restore needs {size * 2:,}: make room, or set `scratch` of this target"
        )
    if (idle := _idle_memory()) < memory:
        raise Refused(f"a scratch server for this backup needs {memory:,} bytes of memory, this host has {idle:,} to spare")


def _idle_memory() -> int:
    """Bytes that can be had without swapping (proc_meminfo(5))."""
    words = Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()
    return int(words[0]) << 10


def _takes(server: Server, order: Order) -> None:
    """What the server itself says about being a place."""
    options = server.options
    try:
        with server.session("looking at the place") as client:
            state, broker = look(client), is_broker(client)
    except Transient:
        if options.restore == "files" and order.into == LIVE:
            return
        raise
    where = options.address
    if broker:
        raise Refused(f"{where} is Canvasback's own broker: it holds the ledger of this very run; restore into another server or a name")
    if release(order.facts.version)[:2] > state.release[:2]:
        raise Refused(f"backup {order.backup} was written by Redis {order.facts.version}, {where} is {state.version} and cannot read it")
    if not state.replication.master:
        raise Refused(f"{where} is a replica of {state.replication.follows}: restore its master, or REPLICAOF NO ONE first")
    if state.replication.replicas and not options.with_replicas:
        raise Refused(
            f"{where} has {state.replication.replicas} replicas, which would get the restored data, too; with_replicas = true allows it"
        )
    if state.cluster and not options.in_cluster:
        raise Refused(f"{where} is a node of a cluster; in_cluster = true allows it, where its slots are those of the backup")
