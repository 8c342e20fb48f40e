"""Redis's own programs: where they are, and what they are asked. Floor: tools."""

import re
import shutil
from pathlib import Path

from workers import command
from workers.errors import Refused
from workers.sources.redis.options import RedisOptions

SERVER, CHECKER = "redis-server", "redis-check-rdb"
_OTHERS = {SERVER: "valkey-server", CHECKER: "valkey-check-rdb"}
_VERSION = re.compile(rb"(?:v=|redis-check-rdb |valkey-check-rdb )(\d+\.\d+\.\d+)")


def find(options: RedisOptions, program: str) -> Path | None:
    """A program in the options' folder, else in PATH; Valkey's of the same use counts. None where there is none."""
    where = str(options.tools) if options.tools else None
    found = (shutil.which(name, path=where) for name in (program, _OTHERS[program]))
    return next((Path(path) for path in found if path), None)


def server(options: RedisOptions) -> Path:
    """The server program for scratch servers. Refused where there is none."""
    found = find(options, SERVER)
    if found is None:
        where = str(options.tools) if options.tools else "PATH"
        raise Refused(f"no {SERVER} in {where}, and a scratch server is needed: install it on this host, or name its folder in `tools`")
    return found


def version(program: Path) -> str:
    """What a program says it is: `7.0.15`; "" where it says nothing of the kind."""
    found = _VERSION.search(command.run([program, "--version"]).stdout)
    return found[1].decode() if found else ""


def runs_here(pid: int) -> bool:
    """Whether a server's process is one of this machine; elsewhere, and in a container, its number means another process here."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"redis" in words or b"valkey" in words
