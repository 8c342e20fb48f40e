"""One backup by restic, and the record of it that goes through the canvas. Floor: tools.

An exit status is not believed: the snapshot is looked up afterwards, and its record is made from what the repository says.
"""

from pathlib import Path
from typing import Any

from workers.errors import Corrupt, Permanent
from workers.ports import Tell
from workers.sources.engine.child import understood
from workers.sources.engine.home import Taken
from workers.sources.engine.record import Record
from workers.sources.restic.faults import words
from workers.sources.restic.progress import Progress
from workers.sources.restic.repository import GOOD, INCOMPLETE, MISSING, Asked, Repository
from workers.sources.restic.snapshot import MARK


def take(first: Repository, path: Path, tell: Tell) -> Taken:
    """Back a folder up; the repository is made where there is none. What could not be read is named."""
    options, progress = first.options, Progress(tell)
    argv = ("backup", "--tag", MARK, *options.rules, "--", path.name)
    how = Asked(hear=progress.hear, cwd=path.parent)  # so that no folder above it is part of the snapshot
    ended = first.ask(*argv, asked=how, good=(GOOD, INCOMPLETE, MISSING))
    if ended.status == MISSING:
        first.make()
        ended = first.ask(*argv, asked=how, good=(GOOD, INCOMPLETE))
    missed = [line for line in words(ended.said) if not line.startswith("Warning:")] if ended.status == INCOMPLETE else []
    if ended.status == INCOMPLETE and not missed:
        raise Permanent(f"restic could not read everything below {path} and did not say what")
    with understood(first.name, ended):
        record = _record(first, path, progress.summary)
    return Taken(record, record.snapshot, tuple(missed), ended.dropped)


def _record(first: Repository, path: Path, summary: dict[str, Any]) -> Record:
    """The record of the snapshot that was just made, as the repository has it."""
    snapshot = str(summary.get("snapshot_id", ""))
    if not snapshot:
        raise Permanent(f"restic ended well and named no snapshot of {path}")
    found = first.find(snapshot)
    if found is None or found.paths != (str(path),):
        raise Corrupt(f"{first.name} does not hold the snapshot {snapshot[:12]} of {path} that was just made")
    return Record(
        engine="restic",
        version=found.version,
        repository=first.identity(),
        snapshot=snapshot,
        tree=found.tree,
        path=str(path),
        host=found.host,
        taken=found.taken,
        files=int(summary["total_files_processed"]),
        size=int(summary["total_bytes_processed"]),
        added=int(summary.get("data_added_packed", summary["data_added"])),
    )
