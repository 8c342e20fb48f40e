"""One backup by BorgBackup. Floor: tools.

An exit status is not believed: the archive is looked up afterwards, and every name in it is read back and counted.
"""

import hashlib
import json
import re
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workers.errors import Corrupt, Permanent
from workers.ports import Tell
from workers.sources.borg.listing import FORMAT
from workers.sources.borg.program import BORG
from workers.sources.borg.repository import GOOD, MARK, MISSED, WARNED, Asked, Repository
from workers.sources.borg.words import Progress, words
from workers.sources.engine.child import understood
from workers.sources.engine.dump import told
from workers.sources.engine.home import Taken
from workers.sources.engine.program import program, version
from workers.sources.engine.record import Record

OWN = 25  # signs at the end of an archive's name that no other one has: its time and a random number
_CHANGED = ": file changed while we backed it up"
_ODD = re.compile(r"[^A-Za-z0-9._-]")  # what BorgBackup takes for a placeholder, a pattern or a path where it stands in a name


def take(first: Repository, path: Path, tell: Tell) -> Taken:
    """Back a folder up; the repository is made where there is none. What could not be read is named."""
    options = first.options
    archive = f"{_ODD.sub('_', path.name)}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    argv = ("create", "--json", "--comment", MARK, "--compression", options.compression, *options.rules)
    argv = (*argv, "--", f"{first.place}::{archive}", path.name)
    progress = Progress(tell)
    how = Asked(progress=progress, cwd=path.parent)  # so that no folder above it is part of the archive
    ended = first.ask(*argv, asked=how, good=(GOOD, WARNED, MISSED))
    if ended.status not in (GOOD, WARNED):
        first.make()
        ended = first.ask(*argv, asked=how, good=(GOOD, WARNED))
    warned = [word.text for word in words(ended.said) if word.level == "WARNING"]
    if ended.status == WARNED and not warned:
        raise Permanent(f"borg warned of something below {path} and did not say what")
    with understood(first.name, ended):
        record = _record(first, path, json.loads("\n".join(ended.out)))
    progress.reached(record.size)
    changed = [text.removesuffix(_CHANGED) for text in warned if text.endswith(_CHANGED)]
    missed = tuple(text for text in warned if not text.endswith(_CHANGED))
    return Taken(record, archive, missed, ended.dropped, told("changed while it was read", changed, ended.dropped))


class Listing:
    """Hears every name of an archive; `tree` stands for all of them."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.files = self.size = 0

    def hear(self, line: str) -> None:
        """One name."""
        found = json.loads(line)
        if not found["healthy"]:
            raise Corrupt(
                f'{found["path"]} was stored with pieces that the repository lacks; the runbook "repository damaged" says what to do'
            )
        self._digest.update(json.dumps(found, sort_keys=True).encode() + b"\n")  # borg's own order of the keys changes from run to run
        if found["type"] == "-":
            self.files += 1
            self.size += int(found["size"])

    @property
    def tree(self) -> str:
        """The SHA-256 of them all."""
        return self._digest.hexdigest()


def _record(first: Repository, path: Path, said: dict[str, Any]) -> Record:
    """The record of the archive that was just made, as the repository has it."""
    made = said["archive"]
    if first.archive(str(made["id"])) != made["name"]:
        raise Corrupt(f"{first.name} does not hold the archive {made['name']} of {path} that was just made")
    listing = Listing()
    first.ask("list", "--json-lines", "--format", FORMAT, f"{first.place}::{made['name']}", asked=Asked(hear=listing.hear))
    return Record(
        engine="borg",
        version=version(BORG, program(BORG, first.options)),
        repository=str(said["repository"]["id"]),
        snapshot=str(made["id"]),
        tree=listing.tree,
        path=str(path),
        host=socket.gethostname(),
        taken=datetime.fromisoformat(made["start"]).replace(tzinfo=UTC),
        files=listing.files,
        size=listing.size,
        added=int(made["stats"]["deduplicated_size"]),
    )
