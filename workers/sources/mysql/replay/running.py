"""One replay: its path is proven, its scratch server started, and whoever loads the backup there is told how to get in. Floor: tools."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.artifact import Count, Facts, Order, Outcome
from workers.errors import Permanent, Refused, Transient
from workers.ports import Finding, Ground
from workers.sources.mysql import facts as known
from workers.sources.mysql.definitions import read_tables
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical.directory import Directory
from workers.sources.mysql.physical.known import MODE
from workers.sources.mysql.physical.restore import able as serves
from workers.sources.mysql.physical.restore import to_be_told
from workers.sources.mysql.replay import raising
from workers.sources.mysql.replay.path import Proven, prove_path, wished
from workers.sources.mysql.replay.replay import replay_to
from workers.sources.mysql.scratch import binaries, ending
from workers.sources.mysql.scratch.keeping import keep
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.tools import Flavour, Program, find

ACCESS = "access.json"  # mode 0600, gone with the folder


@dataclass(frozen=True, slots=True)
class Running:
    """A scratch server that runs, and the path that is replayed on it."""

    scratch: Scratch
    path: Proven

    def alive(self) -> None:
        """Raises Permanent, with its last words, where it ended: a replay is not begun again, whatever the server ended for."""
        if (status := self.scratch.process.poll()) is not None:
            raise Permanent(ending.failure("the scratch server", status, ending.last_words(self.scratch.log), self.scratch.home).reason)

    def counts(self) -> tuple[Count, ...]:
        """Rows of every table of the database."""
        with closing(self.scratch.server.connect(self.path.facts.place)) as session:
            return known.counts(session, read_tables(self.scratch.server, session))

    def replay(self, seen: Callable[[int], None]) -> None:
        """Apply the logs up to the moment, and prove that it was reached."""
        replay_to(self.scratch, self.path, seen)

    def keep(self, place: Path) -> Outcome:
        """End the server, and make its data folder that of a new one."""
        extras = dict(self.path.facts.extras)
        counts, access = self.counts(), keep(self.scratch, place, extras.get("owner", ""))
        start = f"start a server of {self.scratch.server.version} with datadir = {place}"
        if self.path.facts.mode == MODE:
            lasting = "".join(f", {name} = {setting}" for name, setting in to_be_told(self.path.facts))
            start += f"{lasting}; it has the accounts of the backup, and of its databases {self.path.facts.place} alone"
        else:
            start += "; of accounts it has root's alone: what runs as another definer works once that one is made"
        if place.stat().st_uid == 0:
            start += "; it is root's: chown -R it to the server's user first"
        return Outcome(counts, (f"{start}; root gets in with {access}",))


@contextmanager
def running(order: Order, ground: Ground, tools: Path | None) -> Iterator[Running]:
    """Prove the path to the order's moment and start a scratch server for it. Refused where the logs do not lead there."""
    path = proven(order, ground)
    with _started(path, order, ground, tools) as found:
        _let_in(ground.folder, found, order.facts.place)
        yield Running(found, path)


def proven(order: Order, ground: Ground) -> Proven:
    """The path to the order's moment. Refused where the logs do not lead there."""
    if order.until is None:
        raise Permanent(f"the order of {order.backup} names no moment")
    return prove_path(order.facts, ground.logs, order.until, ground.whole)


def _started(path: Proven, order: Order, ground: Ground, tools: Path | None) -> AbstractContextManager[Scratch]:
    if order.facts.mode == MODE:
        return raising.raised(order, Directory(ground.base).part, tools)
    return scratch(wished(path, ground.folder, tools, ground.loaded))


def access(folder: Path, tools: Path | None) -> tuple[MysqlOptions, SecretStr]:
    """How to reach the scratch server of a folder. Transient where there is none: it may be over, as its run is."""
    try:
        said = json.loads((folder / ACCESS).read_text())
    except FileNotFoundError as error:
        raise Transient(f"there is no scratch server in {folder} any more") from error
    options = {"socket": said["socket"], "user": "root", "databases": [said["database"]], "tools": tools, "accounts": False}
    return MysqlOptions.model_validate(options), SecretStr(said["password"])


def able(facts: Facts, tools: Path | None) -> Finding:
    """Whether this host has a server program that can hold the data of a backup, and whatever else brings them up."""
    flavour = Flavour(facts.flavour)
    try:
        found = serves(facts, tools) if facts.mode == MODE else binaries.find(flavour, facts.version, tools)
        find(Program.DUMP, flavour, tools)
    except (Refused, Permanent) as failure:
        return Finding(False, "server program", failure.reason)
    return Finding(True, "server program", f"{found.daemon.path} {found.daemon.version}")


def _let_in(folder: Path, found: Scratch, database: str) -> None:
    password = found.server.password.get_secret_value() if found.server.password else ""
    coming = folder / f"{ACCESS}.part"
    with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"socket": str(found.server.options.socket), "password": password, "database": database}, file)
    coming.rename(folder / ACCESS)
