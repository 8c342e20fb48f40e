"""What a scratch server is told in its option file: safe from the world, and no safer from a power cut than it needs. Floor: tools."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.tools import Flavour

MIB = 1 << 20
RELAY = "relay"  # the folder of the applier's logs, and what they are called
_LONGEST_PACKET = 1 << 30  # bytes; the most that both flavours take: what the live server took has to fit here


@dataclass(frozen=True, slots=True)
class Wish:
    """The scratch server that is wanted. `parent` is the folder its own one is made in, `room` the bytes that must be free there.

    `version` is that of the server whose data it is to hold, `tools` the folder of the programs (None: the system's). `server_id`
    is the live server's: the scratch server takes another, because an applier passes over every event of its own id without a word.
    `extra` are options that must be as they are on the live server.
    """

    parent: Path
    flavour: Flavour
    version: str
    tools: Path | None = None
    room: int = 0
    memory: int = 256 * MIB
    database: str = "mysql"
    server_id: int = 0
    extra: tuple[tuple[str, str], ...] = ()


def lines(wish: Wish, binaries: Binaries, home: Path) -> dict[str, str]:
    """The option file of the server whose folder is `home`."""
    own = _mariadb(home) if wish.flavour is Flavour.MARIADB else _mysql()
    return {**_places(binaries, home), **_apart(wish, home), **_fast(wish), **_applier(home), **own, **dict(wish.extra)}


def making(wish: Wish, binaries: Binaries, home: Path) -> dict[str, str]:
    """The option file under which an empty data folder is made."""
    return {**_places(binaries, home), **_account(), **dict(wish.extra)}


def write(path: Path, options: dict[str, str]) -> Path:
    """Write an option file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("[mysqld]\n" + "".join(f"{name}={value}\n" for name, value in options.items()))
    return path


def argv(binaries: Binaries, file: Path) -> list[str | Path]:
    """How the server of an option file is started. One that falls names no functions: in a program of that size this takes many seconds."""
    return [binaries.daemon.path, f"--defaults-file={file}", "--skip-stack-trace"]


def _places(binaries: Binaries, home: Path) -> dict[str, str]:
    found = {
        "basedir": binaries.base,
        "lc_messages_dir": binaries.share,
        "character_sets_dir": binaries.share / "charsets",
        "datadir": home / "data",
        "tmpdir": home / "tmp",
    }
    if binaries.plugins is not None:
        found["plugin_dir"] = binaries.plugins
    return {name: str(path) for name, path in found.items()}


def _apart(wish: Wish, home: Path) -> dict[str, str]:
    """Nobody reaches it over the network, and nothing that it holds acts by itself."""
    return {
        **_account(),
        "socket": str(home / "sock"),
        "pid_file": str(home / "pid"),
        "log_error": str(home / "error.log"),
        "skip_networking": "ON",
        "skip_name_resolve": "ON",
        "local_infile": "ON",
        "event_scheduler": "OFF",
        "server_id": str(_other_id(wish.server_id)),
        "max_connections": "40",
    }


def _fast(wish: Wish) -> dict[str, str]:
    """Nothing is written twice and nothing is waited for: after a crash the folder is thrown away, not recovered."""
    return {
        "innodb_buffer_pool_size": str(wish.memory),
        "innodb_doublewrite": "OFF",
        "innodb_flush_log_at_trx_commit": "0",
        "max_allowed_packet": str(_LONGEST_PACKET),
        "performance_schema": "OFF",
        "character_set_server": "utf8mb4",
    }


def _mysql() -> dict[str, str]:
    """Nothing that is loaded gets a GTID, and what is replayed keeps its own, or none where it has none."""
    return {
        "mysqlx": "OFF",
        "secure_file_priv": "NULL",
        "disable_log_bin": "ON",
        "gtid_mode": "OFF_PERMISSIVE",
        "skip_replica_start": "ON",
    }


def _mariadb(home: Path) -> dict[str, str]:
    """Logs are applied by one worker: with several of them, MariaDB 10.11 crashed on logs that it had not fetched itself."""
    return {
        "secure_file_priv": str(home / "tmp"),
        "skip_log_bin": "ON",
        "gtid_strict_mode": "OFF",
        "skip_slave_start": "ON",
        "slave_parallel_threads": "0",
        "slave_ddl_exec_mode": "STRICT",  # else it drops what is not there and replaces what is, without a word
    }


def _applier(home: Path) -> dict[str, str]:
    """Its logs are files in a folder of their own, which are only lent to it."""
    return {
        "relay_log": str(home / RELAY / RELAY),
        "relay_log_purge": "OFF",
        "relay_log_recovery": "OFF",  # it would throw them away and ask a source that does not exist
    }


def _other_id(taken: int) -> int:
    while (found := secrets.randbelow(2**32 - 2) + 1) == taken:
        pass
    return found


def _account() -> dict[str, str]:
    """A server refuses to run as root unless it is told to."""
    return {"user": "root"} if os.geteuid() == 0 else {}
