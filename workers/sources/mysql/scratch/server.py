"""Start a scratch server, log in, and end it whatever happens. Floor: tools."""

import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers import command
from workers.errors import Failure, Permanent, Transient
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.scratch import binaries as programs
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch import options as option
from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.scratch.home import home
from workers.sources.mysql.scratch.making import make
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.session import Server, open_server, rows
from workers.sources.mysql.tools import Flavour

PATIENCE = 120.0  # seconds that a server may take to start; a disk that is busy with a restore is slow
_LOOK = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Scratch:
    """A scratch server that runs: how to reach it as root, its folder, and its process."""

    server: Server
    home: Path
    process: "subprocess.Popen[bytes]"

    @property
    def log(self) -> Path:
        """Where it writes its errors."""
        return self.home / ending.LOG

    def answers(self) -> bool:
        """Whether it lets anybody in."""
        with suppress(Failure), closing(self.server.connect()):
            return True
        return False


@contextmanager
def scratch(wish: Wish) -> Iterator[Scratch]:
    """A fresh server for as long as the block lasts. Refused where there is no program or no room; `ending` tells why it does not start.

    MUST be called from a thread that outlives it: the server dies with its thread.
    """
    found = programs.find(wish.flavour, wish.version, wish.tools)
    with home(wish.parent, wish.room) as place:
        make(found, option.write(place / "making.cnf", option.making(wish, found, place)), place / "data")
        with _started(wish, found, place) as running:
            yield running


@contextmanager
def _started(wish: Wish, binaries: Binaries, place: Path) -> Iterator[Scratch]:
    password = SecretStr(secrets.token_urlsafe(24))
    first = _first_words(place, password)
    lines = {**option.lines(wish, binaries, place), "init_file": str(first)}
    process = command.start(option.argv(binaries, option.write(place / "my.cnf", lines)), stdout=subprocess.DEVNULL)
    try:
        options = MysqlOptions.model_validate({"socket": place / "sock", "user": "root", "databases": [wish.database], "tools": wish.tools})
        running = Scratch(answering(process, options, password, place), place, process)
        first.unlink()
        without_redo(running)
        yield running
    finally:
        end(process)


def _first_words(place: Path, password: SecretStr) -> Path:
    """What the server runs before anybody can log in."""
    path = place / "first.sql"
    path.touch(mode=0o600)
    path.write_text(f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password.get_secret_value()}';\n")
    return path


def answering(process: "subprocess.Popen[bytes]", options: MysqlOptions, password: SecretStr | None, place: Path) -> Server:
    """The server, as soon as it lets its owner in. Permanent, with its own words, where it takes too long; where it ends: see `ending`."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with suppress(Transient):  # nobody listens yet
            return open_server(options, password)
        time.sleep(_LOOK)
    said = ending.last_words(place / ending.LOG)
    if process.poll() is None:
        raise Permanent(f"the scratch server did not answer within {PATIENCE:.0f} s: {said}")
    beside = ending.serious(process.stderr.read()) if process.stderr is not None else ""  # before it has a log
    raise ending.failure("the scratch server", process.returncode, f"{said} {beside}".strip(), place)


def without_redo(running: Scratch) -> None:
    """MySQL can do without a redo log; MariaDB has no such switch and only waits for nothing."""
    if running.server.flavour is Flavour.MYSQL:
        with closing(running.server.connect()) as session:
            rows(session, "ALTER INSTANCE DISABLE INNODB REDO_LOG")


def end(process: "subprocess.Popen[bytes]") -> None:
    """Nothing in it is worth a clean end."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
