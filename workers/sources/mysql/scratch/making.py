"""An empty data folder, as the flavour's own installer makes it. Floor: tools."""

from pathlib import Path

from workers import command
from workers.errors import Permanent
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.tools import Flavour

# What mariadb-install-db feeds to the server, without the help texts and the test database; since 11 the names begin with mariadb_.
_SYSTEM = ("{}_system_tables.sql", "{}_performance_tables.sql", "{}_system_tables_data.sql", "maria_add_gis_sp_bootstrap.sql")
_LAST = "{}_sys_schema.sql"
# It also lets root in from the network's side, and everybody from everywhere.
_ONLY_ROOT = b"DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND NOT (User = 'root' AND Host = 'localhost');\n"


def make(binaries: Binaries, option_file: Path, data: Path) -> None:
    """Make the data folder; root gets in over the socket and has no password yet. Why it fails is told as `ending` does."""
    argv: list[str | Path] = [binaries.daemon.path, f"--defaults-file={option_file}"]
    if binaries.daemon.flavour is Flavour.MARIADB:
        data.mkdir(mode=0o700)
        done = command.run([*argv, "--bootstrap"], input=_bootstrap(binaries.share))
    else:
        done = command.run([*argv, "--initialize-insecure"])
    if done.returncode:
        words = ending.serious(done.stderr)
        raise ending.failure(f"{binaries.daemon.path}, making a data folder for a scratch server,", done.returncode, words, data.parent)


def _bootstrap(share: Path) -> bytes:
    head = b"CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
    tables = b"\n".join(_script(share, name) for name in (*_SYSTEM, _LAST))
    return head + tables + b"\nUSE mysql;\n" + _ONLY_ROOT


def _script(share: Path, name: str) -> bytes:
    for flavour in ("mariadb", "mysql"):
        if (path := share / name.format(flavour)).exists():
            return path.read_bytes()
    raise Permanent(f"{share} holds no {name.format('mariadb')}: the server is not installed wholly")
